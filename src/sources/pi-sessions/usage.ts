import type { ResponseObservation, SkipReason } from "../../model/observation.ts";
import { countOf, type Fields, fields, isNotZero } from "../../utils/json.ts";

/**
 * Returns the usage of an entry, or null if it has no tokens. Interrupted and rejected responses have a usage of zeros.
 */
export function usageOf(entry: Fields): Fields | null {
  const usage = fields(fields(entry["message"])["usage"] ?? entry["usage"]);
  return ["input", "output", "cacheRead", "cacheWrite"].some((name) => isNotZero(usage[name])) ? usage : null;
}

type UsageCounts = Pick<
  ResponseObservation,
  "input" | "output" | "cacheWrite" | "cacheWrite5m" | "cacheWrite1h" | "cacheRead" | "prompt" | "reasoning"
>;

/**
 * Reads the counts of a usage. For every provider, input excludes cache reads and writes, and output includes reasoning.
 * "cacheWrite1h", or "cttl.ephemeral1h" of oh-my-pi, is the part of "cacheWrite" with a lifetime of one hour
 * (docs/message-types.md of pi 1.6, whose "reasoning" also counts Anthropic's).
 */
export function countsOf(usage: Fields, skip: (reason: SkipReason) => void): UsageCounts {
  const count = (value: unknown): number => {
    const amount = countOf(value ?? 0);
    if (amount === null) skip("bad_count");
    return amount ?? 0;
  };
  const [input, output, cacheRead] = [count(usage["input"]), count(usage["output"]), count(usage["cacheRead"])];
  const cacheWrite = count(usage["cacheWrite"]);
  const longWrite = count(usage["cacheWrite1h"] ?? fields(usage["cttl"])["ephemeral1h"]);
  const cacheWrite1h = Math.min(longWrite, cacheWrite);
  if (cacheWrite1h < longWrite) skip("bad_count");
  return {
    input,
    output,
    cacheWrite,
    cacheWrite5m: cacheWrite - cacheWrite1h,
    cacheWrite1h,
    cacheRead,
    prompt: input + cacheRead + cacheWrite,
    reasoning: countOf(usage["reasoning"] ?? usage["reasoningTokens"]),
  };
}
