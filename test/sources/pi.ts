import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pi } from "../../src/sources/pi.ts";
import { assistants, type Totals } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A request to the recording server, and its response. */
export interface Exchange {
  readonly n: number;
  readonly dialect: "chat" | "messages" | "gemini" | "responses";
  readonly model: string;
  /** Whether pi sent the request for its own purposes: the requests of the compaction. */
  readonly aux: boolean;
  /** What the request was for, as its prompt says. */
  readonly tag?: string;
  readonly status: number;
  readonly delivered: "complete" | "aborted" | null;
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly cacheWrite: number;
    readonly cacheWrite1h?: number;
    readonly output: number;
    readonly thoughts: number;
  } | null;
}

/** All requests that a version sent to the server. */
const answeredBy = (version: string): Exchange[] =>
  readFileSync(join(assistants, "pi", version, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);

const isComplete = ({ status, delivered }: Exchange): boolean => status === 200 && delivered === "complete";

/** Complete responses to 0.87.1. The usage of the two interrupted ones is recorded nowhere. */
export const complete = answeredBy("0.87.1").filter(isComplete);
/** Complete responses to 1.6.0. */
export const newest = answeredBy("1.6.0").filter(isComplete);

type Used = NonNullable<Exchange["usage"]>;

/**
 * What 1.6.0 recorded of its interrupted responses: with Anthropic the counts with which the response begins, with one
 * token of output; with OpenAI, and of the response during which it was killed, nothing.
 */
export const begun = answeredBy("1.6.0").flatMap((one) =>
  one.delivered === "aborted" && one.dialect === "messages" && one.tag === "esc" && one.usage
    ? { ...one, usage: { ...one.usage, output: 1, thoughts: 0 } }
    : [],
);

/** All tokens of a response. */
export const tokensOf = ({ usage }: Exchange): number => (usage ? usage.prompt + usage.output + usage.thoughts : 0);

/**
 * The usage of some responses. `writing` and `reasoning` are the formats in which cache writes and reasoning are
 * separate; in others they are part of input and output, and the sum is the same.
 */
function truthOf(
  answers: readonly Exchange[],
  writing: readonly Exchange["dialect"][],
  reasoning: readonly Exchange["dialect"][],
): Totals {
  const sum = (of: (usage: Used, one: Exchange) => number): number =>
    answers.reduce((total, one) => total + (one.usage ? of(one.usage, one) : 0), 0);
  const cacheWrites = (usage: Used, { dialect }: Exchange): number =>
    writing.includes(dialect) ? usage.cacheWrite : 0;
  return {
    responses: answers.length,
    input: sum((usage, one) => usage.prompt - usage.cached - cacheWrites(usage, one)),
    output: sum((usage) => usage.output + usage.thoughts),
    cacheRead: sum((usage) => usage.cached),
    cacheWrite: sum(cacheWrites),
    reasoning: sum((usage, { dialect }) => (reasoning.includes(dialect) ? usage.thoughts : 0)),
  };
}

const byModel = (answers: readonly Exchange[]): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ model }) => model)].map(([model, all]) => [
      model,
      all.reduce((total, one) => total + tokensOf(one), 0),
    ]),
  );

const old = truthOf(complete, ["messages"], ["chat", "gemini"]);
const all: readonly Exchange["dialect"][] = ["messages", "chat", "responses"];

/**
 * Sessions of two days: resumed sessions, four formats, retries, kills, forks, interruptions and compactions.
 */
export const recorded: readonly RecordedHome[] = [
  {
    name: "pi 0.87.1",
    source: pi,
    place: (harness) => harness.place("pi/0.87.1/sessions", ".pi/agent/sessions"),
    // The two requests of the compaction are one entry with the sum of both.
    truth: { ...old, responses: old.responses - 1 },
    byModel: byModel(complete),
  },
  {
    name: "pi 1.6.0",
    source: pi,
    place: (harness) => harness.place("pi/1.6.0/sessions", ".pi/agent/sessions"),
    truth: truthOf([...newest, ...begun], all, all),
    byModel: byModel([...newest, ...begun]),
  },
];
