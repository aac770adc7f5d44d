import type { SkipReason } from "../../model/observation.ts";
import { countOf, type Fields } from "../../utils/json.ts";

/** Counts as Qwen Code writes them down. What they hold depends on how the user signed in, see `classesOf`. */
export interface Counts {
  readonly requests: number;
  readonly prompt: number;
  readonly output: number;
  readonly cached: number;
  readonly thoughts: number;
  readonly total: number;
}

/** Nothing at all. */
export const noCounts: Counts = { requests: 0, prompt: 0, output: 0, cached: 0, thoughts: 0, total: 0 };

const FIELDS = ["requests", "prompt", "output", "cached", "thoughts", "total"] as const;

/** Counts of one response, from its event. */
export const countsOfEvent = (event: Fields, skip: (reason: SkipReason) => void): Counts =>
  countsBy((name) => (name === "requests" ? 1 : event[EVENT[name]]), skip);

const EVENT = {
  prompt: "input_token_count",
  output: "output_token_count",
  cached: "cached_content_token_count",
  thoughts: "thoughts_token_count",
  total: "total_token_count",
} as const;

/** Counts of one model in a run, from its record. */
export const countsOfRecord = (record: Fields, skip: (reason: SkipReason) => void): Counts =>
  countsBy((name) => record[RECORD[name]], skip);

const RECORD = {
  requests: "requests",
  prompt: "inputTokens",
  output: "outputTokens",
  cached: "cachedTokens",
  thoughts: "thoughtsTokens",
  total: "totalTokens",
} as const;

function countsBy(told: (name: keyof Counts) => unknown, skip: (reason: SkipReason) => void): Counts {
  return combined((name) => {
    const count = countOf(told(name) ?? 0);
    if (count === null) skip("bad_count");
    return count ?? 0;
  });
}

/** Both together. */
export const plus = (a: Counts, b: Counts): Counts => combined((name) => a[name] + b[name]);

/** What the first has more than the second. */
export const minus = (a: Counts, b: Counts): Counts => combined((name) => Math.max(a[name] - b[name], 0));

const combined = (of: (name: keyof Counts) => number): Counts =>
  Object.fromEntries(FIELDS.map((name) => [name, of(name)])) as unknown as Counts;

/**
 * Classes of tokens that do not overlap. With a sign-in of OpenAI's kind thoughts are part of the output, with Google's they
 * are not; cached tokens are part of the prompt with either. The total says which it was; without it, a part cannot be
 * larger than its whole.
 */
export function classesOf({ prompt, output, cached, thoughts, total }: Counts) {
  const ways = [[0, 0] as const, [thoughts, 0] as const, [0, cached] as const, [thoughts, cached] as const];
  const [thinking, reading] = ways.find(
    ([besideOutput, besidePrompt]) => prompt + output + besideOutput + besidePrompt === total,
  ) ?? [thoughts > output ? thoughts : 0, cached > prompt ? cached : 0];
  const cacheRead = Math.min(cached, prompt + reading);
  return {
    input: prompt + reading - cacheRead,
    output: output + thinking,
    cacheRead,
    reasoning: Math.min(thoughts, output + thinking),
  };
}
