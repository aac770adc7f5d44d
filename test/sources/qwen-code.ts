import { readFileSync } from "node:fs";
import { join } from "node:path";
import { qwenCode } from "../../src/sources/qwen-code.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the recording server, and its response. */
export interface Exchange {
  readonly n: number;
  readonly model: string;
  readonly delivered?: "complete" | "aborted";
  /** Tools that the response called. */
  readonly tools: readonly string[];
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly output: number;
    readonly thoughts: number;
  } | null;
}

/** All requests that were sent to the server. */
export const answered: readonly Exchange[] = readFileSync(join(assistants, "qwen-code/MOCK-TRUTH.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Exchange);

/** Complete responses. The usage of the two interrupted ones is recorded nowhere. */
export const complete = answered.filter(({ delivered }) => delivered === "complete");

/**
 * Requests for suggested prompts, which are in no chat. They were made in two runs, each of which records their total.
 */
export const SUGGESTIONS: readonly number[] = [27, 30, 33, 37, 42];
const RUNS_WITH_SUGGESTIONS = 2;

/** All tokens of a response. */
export const tokensOf = ({ usage }: Exchange): number => (usage ? usage.prompt + usage.output + usage.thoughts : 0);

const sum = (of: (usage: NonNullable<Exchange["usage"]>) => number): number =>
  complete.reduce((total, { usage }) => total + (usage ? of(usage) : 0), 0);

const truth: Totals = {
  responses: complete.length - SUGGESTIONS.length + RUNS_WITH_SUGGESTIONS,
  input: sum((usage) => usage.prompt - usage.cached),
  output: sum((usage) => usage.output + usage.thoughts),
  cacheRead: sum((usage) => usage.cached),
  cacheWrite: 0,
  reasoning: sum((usage) => usage.thoughts),
};

/**
 * Sessions with tools, a subagent, a retry, a kill, resumed sessions, an interruption, a compression and background
 * requests.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "Qwen Code 0.24.4",
    source: qwenCode,
    place(harness) {
      harness.place("qwen-code/projects", ".qwen/projects");
      harness.place("qwen-code/usage_record.jsonl", ".qwen/usage_record.jsonl");
    },
    truth,
    byModel: { "qwen3-coder-plus": complete.reduce((total, one) => total + tokensOf(one), 0) },
  },
];
