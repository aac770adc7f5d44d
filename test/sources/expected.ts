import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assistants, type Totals } from "./harness.ts";

/** A request to the recording server, and its response. */
export interface ServedRequest {
  readonly n: number;
  readonly model: string;
  readonly delivered?: "complete" | "aborted";
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly thoughts: number;
  } | null;
}

/** Totals that follow from a recording: what the server sent, without what no file contains. */
export interface Expected {
  /** Number of complete responses. */
  readonly complete: number;
  readonly recorded: Totals;
  readonly byModel: Readonly<Record<string, Totals>>;
  readonly bySession: Readonly<Record<string, Totals>>;
  /** Complete responses that are in no file. */
  readonly unrecorded: readonly { readonly n: number; readonly tokens: number }[];
  /** Complete responses that are only part of a session's sum, by their numbers. */
  readonly onlyInSessionSums?: readonly { readonly session: string; readonly requests: readonly number[] }[];
}

/** Reads the expected totals of a recording. */
export const expectedOf = (assistant: string): Expected =>
  JSON.parse(readFileSync(join(assistants, assistant, "expected.json"), "utf8")) as Expected;

/** Reads all requests of a recording. */
export const requestsOf = (assistant: string): ServedRequest[] =>
  readFileSync(join(assistants, assistant, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ServedRequest);

/** All tokens of some totals. */
export const tokensOf = ({ input, output, cacheRead, cacheWrite }: Omit<Totals, "responses" | "reasoning">): number =>
  input + output + cacheRead + cacheWrite;

/** Tokens by name, for names mapped to others: those of one name are added up. */
export function tokensBy(
  totals: Readonly<Record<string, Totals>>,
  nameOf: (name: string) => string = (name) => name,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, one] of Object.entries(totals)) sums[nameOf(name)] = (sums[nameOf(name)] ?? 0) + tokensOf(one);
  return sums;
}
