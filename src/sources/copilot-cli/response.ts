import { noDetails, type Observation, type Place, type SkipReason } from "../../model/observation.ts";
import { countOf } from "../../utils/json.ts";

/** What was used, as tables and events tell it. Any of it may be damaged. */
export interface UsageEvent {
  readonly model: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly cacheRead: unknown;
  readonly cacheWrite: unknown;
  readonly reasoning: unknown;
}

/** One response or a sum of several, under a key of its own. */
export function responseOf(
  key: string,
  place: Place,
  at: number,
  copy: number,
  told: UsageEvent,
  skip: (reason: SkipReason) => void,
): Observation<"response"> {
  const count = (value: unknown): number => {
    const known = countOf(value ?? 0);
    if (known === null) skip("bad_count");
    return known ?? 0;
  };
  const prompt = count(told.input);
  const [cacheRead, cacheWrite] = [count(told.cacheRead), count(told.cacheWrite)];
  // The program counts as input whatever was sent, with every provider.
  const input = prompt - cacheRead - cacheWrite;
  if (input < 0) skip("bad_count");
  return {
    kind: "response",
    key: `response:copilot-cli:${key}`,
    body: {
      ...noDetails,
      ...place,
      at,
      model: told.model,
      copy,
      input: Math.max(input, 0),
      output: count(told.output),
      cacheRead,
      cacheWrite,
      prompt,
      reasoning: countOf(told.reasoning),
    },
  };
}

/**
 * What the row and the event of one response have in common, and copies of it: they share no id, and their times may be
 * a millisecond apart. How long it took until the first token is told in nanoseconds.
 */
export const fingerprintOf = (told: UsageEvent, duration: unknown, untilFirst: unknown): string =>
  [told.model, ...[told.input, told.output, told.cacheRead, told.cacheWrite, duration, untilFirst].map(numberOf)].join(
    ":",
  );

const numberOf = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
