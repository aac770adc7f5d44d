import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pi } from "../../src/sources/pi.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the recording server, and its response. */
export interface Exchange {
  readonly n: number;
  readonly dialect: "chat" | "messages" | "gemini";
  readonly model: string;
  /** Whether pi sent the request for its own purposes: both requests of the compaction. */
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

/** All requests that were sent to the server. */
export const answered: readonly Exchange[] = readFileSync(join(assistants, "pi/MOCK-TRUTH.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Exchange);

/** Complete responses. The usage of the two interrupted ones is recorded nowhere. */
export const complete = answered.filter(({ status, delivered }) => status === 200 && delivered === "complete");

/** All tokens of a response. */
export const tokensOf = ({ usage }: Exchange): number => (usage ? usage.prompt + usage.output + usage.thoughts : 0);

const sum = (of: (usage: NonNullable<Exchange["usage"]>, one: Exchange) => number): number =>
  complete.reduce((total, one) => total + (one.usage ? of(one.usage, one) : 0), 0);

/**
 * pi records cache writes only for Anthropic. For other providers they are part of the input, and the sum is the same.
 */
const cacheWrites = (usage: NonNullable<Exchange["usage"]>, { dialect }: Exchange): number =>
  dialect === "messages" ? usage.cacheWrite : 0;

const truth: Totals = {
  // The two requests of the compaction are one entry with the sum of both.
  responses: complete.length - complete.filter(({ aux }) => aux).length + 1,
  input: sum((usage, one) => usage.prompt - usage.cached - cacheWrites(usage, one)),
  output: sum((usage) => usage.output + usage.thoughts),
  cacheRead: sum((usage) => usage.cached),
  cacheWrite: sum(cacheWrites),
  // Anthropic does not report reasoning separately.
  reasoning: sum((usage, { dialect }) => (dialect === "messages" ? 0 : usage.thoughts)),
};

const models = Map.groupBy(complete, ({ model }) => model);

/**
 * Sessions of one day: a resumed session, three providers, a retry, a kill, a fork, an interruption and a compaction.
 */
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
