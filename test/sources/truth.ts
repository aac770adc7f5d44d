import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assistants, type Totals } from "./harness.ts";

/** Counts that the recording server sent. The classes do not overlap, except that reasoning is part of output. */
export type SentTokens = Omit<Totals, "responses">;

/** A request to the recording server, and its response. */
export interface SentResponse {
  readonly n: number;
  readonly api: "messages" | "responses" | "chat";
  readonly model: string;
  /** The part of written tokens with a lifetime of one hour. */
  readonly cacheWrite1h: number;
  readonly tokens: SentTokens;
  /** Tools that the response called. */
  readonly calls: readonly string[];
}

/** A line of MOCK-TRUTH.jsonl: there are two recording servers, whose lines differ. */
interface RecordedRequest {
  readonly n: number;
  readonly model: string;
  readonly api?: string;
  readonly dialect?: string;
  readonly status: number | string;
  readonly delivered?: string | null;
  readonly calls?: readonly string[];
  readonly usage: Readonly<Record<string, number | null>> | null;
}

function sentBy({ n, model, api, dialect, usage, calls = [] }: RecordedRequest): SentResponse {
  const { prompt, thoughts, ...counts } = usage ?? {};
  const of = (name: string): number => counts[name] ?? 0;
  const [cacheRead, cacheWrite] = [counts["cacheRead"] ?? of("cached"), of("cacheWrite")];
  const input = counts["fresh"] ?? (prompt ?? 0) - cacheRead - cacheWrite;
  const output = of("output") + (thoughts ?? 0);
  const name = (api ?? dialect) === "anthropic" ? "messages" : (api ?? dialect);
  return {
    n,
    model,
    api: name as SentResponse["api"],
    cacheWrite1h: of("cacheWrite1h"),
    tokens: { input, output, cacheRead, cacheWrite, reasoning: thoughts ?? of("reasoning") },
    calls,
  };
}

/** Returns the complete responses that the server sent to an assistant, from a folder's MOCK-TRUTH.jsonl. */
export const completeResponses = (folder: string): SentResponse[] =>
  readFileSync(join(assistants, folder, "MOCK-TRUTH.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedRequest)
    .filter(({ status, delivered }) => status === "complete" || (status === 200 && delivered === "complete"))
    .map(sentBy);

/** Totals of EXPECTED.json, whose input is also called "fresh". */
type RecordedSums = Omit<Totals, "input"> & {
  readonly input?: number;
  readonly fresh?: number;
  readonly cacheWrite1h?: number;
};

/** Totals that follow from a recording: what the server sent, without what no file contains. */
export interface ExpectedTotals {
  readonly recorded: Totals & { readonly cacheWrite1h: number };
  /** Tokens by model and by session. */
  readonly byModel: Readonly<Record<string, number>>;
  readonly bySession: Readonly<Record<string, number>>;
  /** Complete responses that are in no file. */
  readonly unrecorded: readonly { readonly n: number; readonly tokens: number }[];
  /** Complete responses that are only part of a session's sum, by their numbers. */
  readonly onlyInSessionSums: readonly { readonly session: string; readonly requests: readonly number[] }[];
  /** What was written of interrupted responses: the counts with which the response begins. */
  readonly begun: readonly (Omit<SentTokens, "reasoning"> & { readonly session: string })[];
}

/** Reads the EXPECTED.json of a folder. */
export function expectedOf(folder: string): ExpectedTotals {
  const whole = JSON.parse(readFileSync(join(assistants, folder, "EXPECTED.json"), "utf8")) as {
    readonly recorded?: RecordedSums;
    readonly total?: RecordedSums;
    readonly byModel: Readonly<Record<string, RecordedSums>>;
    readonly bySession: Readonly<Record<string, RecordedSums>>;
    readonly unrecorded?: ExpectedTotals["unrecorded"];
    readonly notHeldByAnyFile?: readonly { readonly n: number; readonly total: number }[];
    readonly onlyInSessionSums?: ExpectedTotals["onlyInSessionSums"];
    readonly interrupted?: readonly { readonly recorded: ExpectedTotals["begun"][number] | null }[];
  };
  const totals = whole.recorded ?? whole.total;
  if (!totals) throw new Error(`no totals in ${folder}`);
  const { responses, output, cacheRead, cacheWrite, cacheWrite1h = 0, reasoning } = totals;
  return {
    recorded: { responses, input: inputOf(totals), output, cacheRead, cacheWrite, cacheWrite1h, reasoning },
    byModel: tokensBy(whole.byModel),
    bySession: tokensBy(whole.bySession),
    unrecorded: whole.unrecorded ?? (whole.notHeldByAnyFile ?? []).map(({ n, total }) => ({ n, tokens: total })),
    onlyInSessionSums: whole.onlyInSessionSums ?? [],
    begun: (whole.interrupted ?? []).flatMap(({ recorded }) => recorded ?? []),
  };
}

const inputOf = ({ input, fresh }: RecordedSums): number => input ?? fresh ?? 0;

const tokensBy = (sums: Readonly<Record<string, RecordedSums>>): Record<string, number> =>
  Object.fromEntries(Object.entries(sums).map(([name, one]) => [name, tokensOf({ ...one, input: inputOf(one) })]));

/** All tokens of some counts. */
export const tokensOf = ({ input, output, cacheRead, cacheWrite }: Omit<SentTokens, "reasoning">): number =>
  input + output + cacheRead + cacheWrite;

/** Adds up one count of some responses: all tokens unless another one is named. */
export const sumOf = (all: readonly SentResponse[], count = ({ tokens }: SentResponse) => tokensOf(tokens)): number =>
  all.reduce((total, one) => total + count(one), 0);

/** Adds up counts by another name; those of one name are added up. */
export function renamed(
  tokens: Readonly<Record<string, number>>,
  nameOf: (name: string) => string,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of Object.entries(tokens)) sums[nameOf(name)] = (sums[nameOf(name)] ?? 0) + count;
  return sums;
}
