import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assistants } from "./harness.ts";

/** Counts that the recording server sent with a response. The classes do not overlap, except that reasoning is part of output. */
export interface SentUsage {
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number | null;
}

/** A request to the recording server, and its response. */
export interface SentResponse {
  readonly n: number;
  readonly api: "anthropic" | "responses" | "chat";
  readonly model: string;
  readonly status: "complete" | "aborted" | "error429" | "error500";
  readonly usage: SentUsage;
  /** Tools that the response called. */
  readonly calls: readonly string[];
}

/** Returns the complete responses that the server sent to an assistant, from its MOCK-TRUTH.jsonl. */
export const completeResponses = (assistant: string): SentResponse[] =>
  readFileSync(join(assistants, assistant, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as SentResponse)
    .filter(({ status }) => status === "complete");

/** Adds up some responses. */
export const sumOf = (all: readonly SentResponse[], count: (usage: SentUsage, one: SentResponse) => number): number =>
  all.reduce((total, one) => total + count(one.usage, one), 0);

/** All tokens of a response. */
export const tokensOf = ({ fresh, cacheRead, cacheWrite, output }: SentUsage): number =>
  fresh + cacheRead + cacheWrite + output;

/** Tokens by model, under the name that the assistant writes for each. */
export const tokensByModel = (
  all: readonly SentResponse[],
  nameOf: (model: string) => string = (model) => model,
): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(all, ({ model }) => nameOf(model))
      .entries()
      .map(([model, some]) => [model, sumOf(some, tokensOf)]),
  );
