import type { SkipReason } from "../../model/observation.ts";
import { countOf, type Fields } from "../../utils/json.ts";

/** Counts as Qwen Code records them. Which tokens they include depends on how the user signed in, see `classesOf`. */
export interface QwenCounts {
  readonly requests: number;
  readonly prompt: number;
  readonly output: number;
  readonly cached: number;
  readonly thoughts: number;
  readonly total: number;
}

/** Counts of no requests. */
export const noCounts: QwenCounts = { requests: 0, prompt: 0, output: 0, cached: 0, thoughts: 0, total: 0 };

const FIELDS = ["requests", "prompt", "output", "cached", "thoughts", "total"] as const;

/** Reads the counts of one response from its event. */
export const countsOfEvent = (event: Fields, skip: (reason: SkipReason) => void): QwenCounts =>
  countsFrom((name) => (name === "requests" ? 1 : event[EVENT[name]]), skip);

const EVENT = {
  prompt: "input_token_count",
  output: "output_token_count",
  cached: "cached_content_token_count",
  thoughts: "thoughts_token_count",
  total: "total_token_count",
} as const;

/** Reads the counts of one model in a run from its record. */
export const countsOfRecord = (record: Fields, skip: (reason: SkipReason) => void): QwenCounts =>
  countsFrom((name) => record[RECORD[name]], skip);

const RECORD = {
  requests: "requests",
  prompt: "inputTokens",
  output: "outputTokens",
  cached: "cachedTokens",
  thoughts: "thoughtsTokens",
  total: "totalTokens",
} as const;

function countsFrom(valueOf: (name: keyof QwenCounts) => unknown, skip: (reason: SkipReason) => void): QwenCounts {
  return combined((name) => {
    const count = countOf(valueOf(name) ?? 0);
    if (count === null) skip("bad_count");
    return count ?? 0;
  });
}

/** Adds two sets of counts. */
export const plus = (a: QwenCounts, b: QwenCounts): QwenCounts => combined((name) => a[name] + b[name]);

/** Subtracts the second set of counts from the first; no count becomes negative. */
export const minus = (a: QwenCounts, b: QwenCounts): QwenCounts => combined((name) => Math.max(a[name] - b[name], 0));

const combined = (of: (name: keyof QwenCounts) => number): QwenCounts =>
  Object.fromEntries(FIELDS.map((name) => [name, of(name)])) as unknown as QwenCounts;

/**
 * Splits counts into classes of tokens that do not overlap. With an OpenAI sign-in, output includes thoughts; with
 * Google's it does not. Prompts include cached tokens with either. The total shows which one applies; without it, a
 * part cannot be larger than its whole.
 */
export function classesOf({ prompt, output, cached, thoughts, total }: QwenCounts) {
  const variants = [[0, 0] as const, [thoughts, 0] as const, [0, cached] as const, [thoughts, cached] as const];
  const [separateThoughts, separateCached] = variants.find(
    ([addedOutput, addedPrompt]) => prompt + output + addedOutput + addedPrompt === total,
  ) ?? [thoughts > output ? thoughts : 0, cached > prompt ? cached : 0];
  const cacheRead = Math.min(cached, prompt + separateCached);
  return {
    input: prompt + separateCached - cacheRead,
    output: output + separateThoughts,
    cacheRead,
    reasoning: Math.min(thoughts, output + separateThoughts),
  };
}
