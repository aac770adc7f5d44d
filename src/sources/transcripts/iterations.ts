import type { ResponseObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, listOf } from "../../utils/json.ts";

/** Token and search counts of a request. */
export type RequestCounts = Pick<
  ResponseObservation,
  "input" | "output" | "cacheWrite" | "cacheWrite5m" | "cacheWrite1h" | "cacheRead" | "searches"
>;

/**
 * Returns the counts of a usage object. A missing or null count is 0; so is an invalid one, for which `damaged` is
 * called.
 */
export function countsOf(usage: Fields, damaged: () => void = () => {}): RequestCounts {
  const split = fields(usage["cache_creation"]);
  return {
    input: count(usage["input_tokens"], damaged),
    output: count(usage["output_tokens"], damaged),
    cacheWrite: count(usage["cache_creation_input_tokens"], damaged),
    cacheWrite5m: count(split["ephemeral_5m_input_tokens"], damaged),
    cacheWrite1h: count(split["ephemeral_1h_input_tokens"], damaged),
    cacheRead: count(usage["cache_read_input_tokens"], damaged),
    searches: count(fields(usage["server_tool_use"])["web_search_requests"], damaged),
  };
}

function count(value: unknown, damaged: () => void): number {
  const amount = countOf(value);
  if (amount === null && value !== undefined && value !== null) damaged();
  return amount ?? 0;
}

/** Input tokens, cached or not. */
export const promptOf = ({ input, cacheWrite, cacheRead }: RequestCounts): number => input + cacheWrite + cacheRead;

const SUMMED = ["input", "output", "cacheWrite", "cacheRead"] as const;

/** Whether the counts of some requests add up to those of the whole response. */
const addsUpTo = (parts: readonly Fields[], whole: RequestCounts): boolean => {
  const counts = parts.map((one) => countsOf(one));
  return SUMMED.every((name) => counts.reduce((sum, part) => sum + part[name], 0) === whole[name]);
};

const ofType = (usage: Fields, ...types: readonly string[]): Fields[] =>
  listOf(usage["iterations"]).filter((one) => types.includes(String(one["type"])));

/**
 * Returns the longest prompt of a response's requests, in tokens. A response of several requests lists each of them,
 * and each is priced by its own prompt length, but only if they add up to the whole.
 */
export function longestPrompt(usage: Fields, whole: RequestCounts): number {
  const { iterations } = usage;
  if (!Array.isArray(iterations) || iterations.length === 0) return promptOf(whole);
  const parts = ofType(usage, "message");
  return parts.length > 0 && addsUpTo(parts, whole)
    ? Math.max(...parts.map((one) => promptOf(countsOf(one))))
    : promptOf(whole);
}

/**
 * Responses of advisors, other models consulted for a response. They are billed separately and not part of the
 * response's counts.
 */
export const advisorsIn = (usage: Fields): Fields[] =>
  ofType(usage, "advisor_message").filter(({ model }) => typeof model === "string" && model !== "");

/**
 * Compactions made by the API for a response (https://platform.claude.com/docs/en/build-with-claude/compaction). They
 * are billed separately and not part of the response's counts. Returns an empty list if those counts include them after
 * all, as a gateway's may.
 */
export function compactionsIn(usage: Fields): Fields[] {
  if (usage["iterations"] === undefined) return [];
  const compactions = ofType(usage, "compaction");
  if (compactions.length === 0) return compactions;
  const whole = countsOf(usage);
  const messages = ofType(usage, "message");
  const isIncluded = addsUpTo([...messages, ...compactions], whole) && !addsUpTo(messages, whole);
  return isIncluded ? [] : compactions;
}
