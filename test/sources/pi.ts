import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pi } from "../../src/sources/pi.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the server, and what it answered. */
export interface Answered {
  readonly n: number;
  readonly dialect: "chat" | "messages" | "gemini";
  readonly model: string;
  /** Whether pi asked for itself: both requests of the compaction. */
  readonly aux: boolean;
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

/** All requests that the server was sent. */
export const answered: readonly Answered[] = readFileSync(join(assistants, "pi/MOCK-TRUTH.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Answered);

/** Those that were answered to the end: nothing tells what the two others used that were cut. */
export const complete = answered.filter(({ status, delivered }) => status === 200 && delivered === "complete");

/** Tokens in all of an answer. */
export const tokensOf = ({ usage }: Answered): number => (usage ? usage.prompt + usage.output + usage.thoughts : 0);

const sum = (of: (usage: NonNullable<Answered["usage"]>, one: Answered) => number): number =>
  complete.reduce((total, one) => total + (one.usage ? of(one.usage, one) : 0), 0);

/** pi tells what a cache wrote with Anthropic only; with the others it is part of the input, and the sum is the same. */
const written = (usage: NonNullable<Answered["usage"]>, { dialect }: Answered): number =>
  dialect === "messages" ? usage.cacheWrite : 0;

const truth: Totals = {
  // The two requests of the compaction are one entry, with the sum of both.
  responses: complete.length - complete.filter(({ aux }) => aux).length + 1,
  input: sum((usage, one) => usage.prompt - usage.cached - written(usage, one)),
  output: sum((usage) => usage.output + usage.thoughts),
  cacheRead: sum((usage) => usage.cached),
  cacheWrite: sum(written),
  // Anthropic's usage does not tell reasoning apart.
  reasoning: sum((usage, { dialect }) => (dialect === "messages" ? 0 : usage.thoughts)),
};

const models = Map.groupBy(complete, ({ model }) => model);

/** Sessions of one day: work with a resumption, three providers, a retry, a kill, a fork, an interruption and a compaction. */
export const recorded: readonly RecordedHome[] = [
  {
    name: "pi 0.87.1",
    source: pi,
    place: (harness) => harness.place("pi/sessions", ".pi/agent/sessions"),
    truth,
    byModel: Object.fromEntries(
      [...models].map(([model, all]) => [model, all.reduce((total, one) => total + tokensOf(one), 0)]),
    ),
  },
];
