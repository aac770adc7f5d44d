import { countOf, type Fields, fields, isFields } from "../../utils/json.ts";

/** Counts in the form in which a session adds them up. */
export interface ContinueCounts {
  readonly prompt: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** No tokens. */
export const noCounts: ContinueCounts = { prompt: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

/** The usage of one response. */
export interface ContinueUsage {
  /** What the session's sum contains for it: with OpenAI, cached tokens only as a part of the prompt. */
  readonly summed: ContinueCounts;
  /**
   * Whether the prompt excludes cached and written tokens, as with Anthropic. Only a field's name shows it: the total is
   * prompt plus completion with every provider.
   */
  readonly isCacheSeparate: boolean;
  /** Cached tokens, for which the field is another one with OpenAI. */
  readonly cacheRead: number;
  /** Null if not reported. */
  readonly reasoning: number | null;
}

type ReportSkip = (reason: "bad_count" | "unknown_format") => void;

const counter =
  (skip: ReportSkip) =>
  (value: unknown): number => {
    const count = countOf(value ?? 0);
    if (count === null) skip("bad_count");
    return count ?? 0;
  };

/** Reads the usage of a message; null if it has none. */
export function usageOf(message: Fields, skip: ReportSkip): ContinueUsage | null {
  const usage = message["usage"];
  if (usage === undefined || usage === null) return null;
  if (!isFields(usage) || (usage["prompt_tokens"] === undefined && usage["completion_tokens"] === undefined)) {
    skip("unknown_format");
    return null;
  }
  const count = counter(skip);
  const details = fields(usage["prompt_tokens_details"]);
  const isCacheSeparate = details["cache_read_tokens"] !== undefined;
  const [prompt, output] = [count(usage["prompt_tokens"]), count(usage["completion_tokens"])];
  const written = count(details["cache_write_tokens"]);
  const cached = count(isCacheSeparate ? details["cache_read_tokens"] : details["cached_tokens"]);
  const cacheWrite = isCacheSeparate ? written : Math.min(written, prompt);
  const cacheRead = isCacheSeparate ? cached : Math.min(cached, prompt - cacheWrite);
  return {
    summed: { prompt, output, cacheRead: isCacheSeparate ? cacheRead : 0, cacheWrite },
    isCacheSeparate,
    cacheRead,
    reasoning: countOf(fields(usage["completion_tokens_details"])["reasoning_tokens"]),
  };
}

/** Reads the sum that a session keeps of its own usage; null if it keeps none, or none of its cached tokens. */
export function sumOf(session: Fields, skip: ReportSkip): ContinueCounts | null {
  const usage = fields(session["usage"]);
  const details = usage["promptTokensDetails"];
  if (!isFields(details)) return null;
  const count = counter(skip);
  return {
    prompt: count(usage["promptTokens"]),
    output: count(usage["completionTokens"]),
    cacheRead: count(details["cachedTokens"]),
    cacheWrite: count(details["cacheWriteTokens"]),
  };
}

/** Adds counts. */
export const plus = (a: ContinueCounts, b: ContinueCounts): ContinueCounts => ({
  prompt: a.prompt + b.prompt,
  output: a.output + b.output,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
});

const NAMES = ["prompt", "output", "cacheRead", "cacheWrite"] as const satisfies (keyof ContinueCounts)[];

/** Whether a sum can contain some counts. */
export const contains = (sum: ContinueCounts, part: ContinueCounts): boolean =>
  NAMES.every((name) => part[name] <= sum[name]);
