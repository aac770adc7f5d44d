import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { copilotCli } from "../../src/sources/copilot-cli.ts";
import { assistants, type SourceHarness, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

const FOLDER = join(assistants, "copilot-cli");

/** A request to the recording server, and its response. */
interface Exchange {
  readonly n: number;
  readonly dialect?: "chat" | "messages" | "responses";
  readonly model: string;
  /** Purpose of the request. */
  readonly scenario: string;
  readonly status: number;
  readonly delivered: "complete" | "aborted" | null;
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly thoughts: number;
  } | null;
}

/** A line of events.jsonl. */
export interface Event {
  readonly type: string;
  readonly id: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of each session of a version, by session. */
export const eventsOf = (version: string): Map<string, Event[]> =>
  new Map(
    readdirSync(join(FOLDER, version, "session-state"))
      .toSorted()
      .map((session) => [
        session,
        readFileSync(join(FOLDER, version, "session-state", session, "events.jsonl"), "utf8")
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line) => JSON.parse(line) as Event),
      ]),
  );

const answers = (file: string): Exchange[] =>
  readFileSync(join(FOLDER, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange)
    .filter(({ status, delivered }) => status === 200 && delivered === "complete");

/** All complete responses of 1.0.102. */
export const complete = answers("1.0.102/MOCK-TRUTH.jsonl");

/** Responses of 1.0.24 among those of all old versions: the ones whose output is in one of its messages. */
const outputs = new Set([...eventsOf("1.0.24").values()].flat().map(({ data }) => data["outputTokens"]));
const old = answers("MOCK-TRUTH-old-versions-and-otel.jsonl").filter(
  ({ usage }) => usage && outputs.has(usage.output + usage.thoughts),
);

function truthOf(all: readonly Exchange[], responses: number): Totals {
  const sum = (of: (usage: NonNullable<Exchange["usage"]>, one: Exchange) => number): number =>
    all.reduce((total, one) => total + (one.usage ? of(one.usage, one) : 0), 0);
  // Only Anthropic reports cache writes; other providers include them in the input. Anthropic does not report reasoning
  // separately.
  const cacheWrites = (usage: NonNullable<Exchange["usage"]>, { dialect }: Exchange): number =>
    dialect === "messages" ? usage.cacheWrite : 0;
  return {
    responses,
    input: sum((usage, one) => usage.prompt - usage.cached - cacheWrites(usage, one)),
    output: sum((usage) => usage.output + usage.thoughts),
    cacheRead: sum((usage) => usage.cached),
    cacheWrite: sum(cacheWrites),
    // Reasoning is also not recorded for the only compaction request, the last response but one.
    reasoning: sum((usage, one) => (one.dialect === "messages" || one === complete.at(-2) ? 0 : usage.thoughts)),
  };
}

const byModel = (all: readonly Exchange[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(all, ({ model }) => model)
      .entries()
      .map(([model, some]) => [
        model,
        some.reduce((sum, { usage }) => sum + (usage ? usage.prompt + usage.output + usage.thoughts : 0), 0),
      ]),
  );

/** Copies the database of 1.0.102 to its place. */
export const placeDatabase = (harness: SourceHarness): void =>
  harness.place("copilot-cli/1.0.102/session-store.db", ".copilot/session-store.db");

/** Copies the events of a version to their place. */
export const placeEvents = (harness: SourceHarness, version: string): void =>
  harness.place(`copilot-cli/${version}/session-state`, ".copilot/session-state");

/**
 * A day with three providers, a subagent, a fork, a compaction, an interruption and a kill; and two runs of one session
 * of an old version.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Copilot CLI 1.0.102",
    source: copilotCli,
    place(harness) {
      placeDatabase(harness);
      placeEvents(harness, "1.0.102");
    },
    truth: truthOf(complete, complete.length),
    byModel: byModel(complete),
  },
  {
    name: "Copilot CLI 1.0.24",
    source: copilotCli,
    place: (harness) => placeEvents(harness, "1.0.24"),
    // A run is recorded as one total. There were two runs of two responses each.
    truth: truthOf(old, 2),
    byModel: byModel(old),
  },
];
