import { readFileSync } from "node:fs";
import { join } from "node:path";
import { opencode } from "../../src/sources/opencode.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the server, and what it answered. */
interface Answered {
  readonly n: number;
  readonly dialect: "chat" | "messages";
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

/** Titles are made by the small model, and stand nowhere. */
const TITLES = "mock-small";

/** The requests of a recorded folder that were answered to the end, those for titles left out. */
export const answered = (folder: string): Answered[] =>
  readFileSync(join(assistants, "opencode", folder, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answered)
    .filter(({ status, delivered, model }) => status === 200 && delivered === "complete" && model !== TITLES);

/** Tokens in all of some answers. */
export const tokensOf = (answers: readonly Answered[]): number =>
  answers.reduce((sum, { usage }) => sum + (usage ? usage.prompt + usage.output + usage.thoughts : 0), 0);

/** The last request was of a session that was then deleted, with all that was written about it. */
export const deleted = answered("1.18.33").slice(-1);
const kept = answered("1.18.33").slice(0, -1);

function truthOf(answers: readonly Answered[]): Totals {
  const sum = (of: (usage: NonNullable<Answered["usage"]>, one: Answered) => number): number =>
    answers.reduce((total, one) => total + (one.usage ? of(one.usage, one) : 0), 0);
  // Only Anthropic tells what a cache wrote; with the others it is part of the input. It does not tell reasoning apart.
  const written = (usage: NonNullable<Answered["usage"]>, { dialect }: Answered): number =>
    dialect === "messages" ? usage.cacheWrite : 0;
  return {
    responses: answers.length,
    input: sum((usage, one) => usage.prompt - usage.cached - written(usage, one)),
    output: sum((usage) => usage.output + usage.thoughts),
    cacheRead: sum((usage) => usage.cached),
    cacheWrite: sum(written),
    reasoning: sum((usage, { dialect }) => (dialect === "messages" ? 0 : usage.thoughts)),
  };
}

const byModel = (answers: readonly Answered[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(answers, ({ model }) => model)
      .entries()
      .map(([model, all]) => [model, tokensOf(all)]),
  );

/** Where it keeps its data below the home. */
export const DATA = ".local/share/opencode";

/** A day with a fork, a subagent, a compaction, a prompt that was taken back, a deleted session, a kill; and one session of documents. */
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
