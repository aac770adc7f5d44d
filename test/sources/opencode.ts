import { readFileSync } from "node:fs";
import { join } from "node:path";
import { opencode } from "../../src/sources/opencode.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the recording server, and its response. */
export interface Exchange {
  readonly n: number;
  readonly dialect: "chat" | "messages" | "responses";
  readonly model: string;
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

/** The small model, which generates titles; their usage is recorded nowhere. */
const TITLES = "mock-small";

/** Complete responses of a recorded folder, without those for titles. */
export const answered = (folder: string, program = "opencode"): Exchange[] =>
  readFileSync(join(assistants, program, folder, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange)
    .filter(({ status, delivered, model }) => status === 200 && delivered === "complete" && model !== TITLES);

/** All tokens of some responses. */
export const tokensOf = (answers: readonly Exchange[]): number =>
  answers.reduce((sum, { usage }) => sum + (usage ? usage.prompt + usage.output + usage.thoughts : 0), 0);

/** The last request belonged to a session that was then deleted with all of its data. */
export const deleted = answered("1.18.33").slice(-1);
const kept = answered("1.18.33").slice(0, -1);

/**
 * The usage of some responses. `writing` are the formats in which cache writes are separate; in others they are part of
 * the input. Anthropic does not report reasoning separately.
 */
export function truthOf(answers: readonly Exchange[], writing: readonly Exchange["dialect"][] = ["messages"]): Totals {
  const sum = (of: (usage: NonNullable<Exchange["usage"]>, one: Exchange) => number): number =>
    answers.reduce((total, one) => total + (one.usage ? of(one.usage, one) : 0), 0);
  const cacheWrites = (usage: NonNullable<Exchange["usage"]>, { dialect }: Exchange): number =>
    writing.includes(dialect) ? usage.cacheWrite : 0;
  return {
    responses: answers.length,
    input: sum((usage, one) => usage.prompt - usage.cached - cacheWrites(usage, one)),
    output: sum((usage) => usage.output + usage.thoughts),
    cacheRead: sum((usage) => usage.cached),
    cacheWrite: sum(cacheWrites),
    reasoning: sum((usage, { dialect }) => (dialect === "messages" ? 0 : usage.thoughts)),
  };
}

/** Tokens of some responses, by model. */
export const byModel = (answers: readonly Exchange[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(answers, ({ model }) => model)
      .entries()
      .map(([model, all]) => [model, tokensOf(all)]),
  );

/** Data directory, relative to the home. */
export const DATA = ".local/share/opencode";

/**
 * A day with a fork, a subagent, a compaction, an undone prompt, a deleted session and a kill; and one session stored
 * as documents.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "opencode 1.18.33",
    source: opencode,
    place: (harness) => harness.place("opencode/1.18.33/opencode.db", `${DATA}/opencode.db`),
    truth: truthOf(kept),
    byModel: byModel(kept),
  },
  {
    name: "opencode 1.1.65",
    source: opencode,
    place: (harness) => harness.place("opencode/legacy-json-1.1.65/storage", `${DATA}/storage`),
    truth: truthOf(answered("legacy-json-1.1.65")),
    byModel: byModel(answered("legacy-json-1.1.65")),
  },
];
