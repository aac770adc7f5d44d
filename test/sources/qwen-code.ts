import { readFileSync } from "node:fs";
import { join } from "node:path";
import { qwenCode } from "../../src/sources/qwen-code.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the server, and what it answered. */
export interface Answered {
  readonly n: number;
  readonly model: string;
  readonly delivered?: "complete" | "aborted";
  /** Tools that the answer asked for. */
  readonly tools: readonly string[];
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly output: number;
    readonly thoughts: number;
  } | null;
}

/** All requests that the server was sent. */
export const answered: readonly Answered[] = readFileSync(join(assistants, "qwen-code/MOCK-TRUTH.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Answered);

/** Those that were answered to the end: nothing tells what the two others used that were cut. */
export const complete = answered.filter(({ delivered }) => delivered === "complete");

/** Requests for a suggested prompt, which no chat tells: in two runs of the program, each of which tells their sum. */
export const SUGGESTIONS: readonly number[] = [27, 30, 33, 37, 42];
const RUNS_WITH_SUGGESTIONS = 2;

/** Tokens in all of an answer. */
export const tokensOf = ({ usage }: Answered): number => (usage ? usage.prompt + usage.output + usage.thoughts : 0);

const sum = (of: (usage: NonNullable<Answered["usage"]>) => number): number =>
  complete.reduce((total, { usage }) => total + (usage ? of(usage) : 0), 0);

const truth: Totals = {
  responses: complete.length - SUGGESTIONS.length + RUNS_WITH_SUGGESTIONS,
  input: sum((usage) => usage.prompt - usage.cached),
  output: sum((usage) => usage.output + usage.thoughts),
  cacheRead: sum((usage) => usage.cached),
  cacheWrite: 0,
  reasoning: sum((usage) => usage.thoughts),
};

/** Sessions with tools, a subagent, a retry, a kill, resumptions, an interruption, a compression and requests in the background. */
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
