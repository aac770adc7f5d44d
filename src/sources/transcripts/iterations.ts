import type { ResponseObservation } from "../../model/observation.ts";
import { countOf, type Fields, fields, listOf } from "../../utils/json.ts";

/** Counts of a request. */
export type Counts = Pick<
  ResponseObservation,
  "input" | "output" | "cacheWrite" | "cacheWrite5m" | "cacheWrite1h" | "cacheRead" | "searches"
>;

/** The counts of a usage object. What is missing or null is 0; so is what is no count, of which `damaged` is told. */
export function countsOf(usage: Fields, damaged: () => void = () => {}): Counts {
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
  const told = countOf(value);
  if (told === null && value !== undefined && value !== null) damaged();
  return told ?? 0;
}

/** Tokens that a model reads. */
export const promptOf = ({ input, cacheWrite, cacheRead }: Counts): number => input + cacheWrite + cacheRead;

const SUMMED = ["input", "output", "cacheWrite", "cacheRead"] as const;

/** Whether some requests of a response add up to its counts. */
const isWhole = (parts: readonly Fields[], whole: Counts): boolean => {
  const counts = parts.map((one) => countsOf(one));
  return SUMMED.every((name) => counts.reduce((sum, part) => sum + part[name], 0) === whole[name]);
};

const ofType = (usage: Fields, ...types: readonly string[]): Fields[] =>
  listOf(usage["iterations"]).filter((one) => types.includes(String(one["type"])));

/**
 * The longest prompt that was sent for a response, in tokens. A response of several requests tells each of them, and the
 * program prices each by its own length, but only where they add up to the whole.
 */
export function longestPrompt(usage: Fields, whole: Counts): number {
  const { iterations } = usage;
  if (!Array.isArray(iterations) || iterations.length === 0) return promptOf(whole);
  const parts = ofType(usage, "message");
  return parts.length > 0 && isWhole(parts, whole)
    ? Math.max(...parts.map((one) => promptOf(countsOf(one))))
    : promptOf(whole);
}

/** Answers of advisors, other models that were asked on the way: they are no part of the response's counts, and are paid apart. */
export const advisorsIn = (usage: Fields): Fields[] =>
  ofType(usage, "advisor_message").filter(({ model }) => typeof model === "string" && model !== "");

/**
 * Compactions that the API made on the way (https://platform.claude.com/docs/en/build-with-claude/compaction): they are
 * billed, and the response's counts leave them out. Nothing where those counts hold them all the same, as a gateway's may.
 */
export function compactionsIn(usage: Fields): Fields[] {
  if (usage["iterations"] === undefined) return [];
  const compactions = ofType(usage, "compaction");
  if (compactions.length === 0) return compactions;
  const whole = countsOf(usage);
  const messages = ofType(usage, "message");
  const isIncluded = isWhole([...messages, ...compactions], whole) && !isWhole(messages, whole);
  return isIncluded ? [] : compactions;
}
