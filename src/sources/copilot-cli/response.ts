import { noDetails, type Observation, type Place, type SkipReason } from "../../model/observation.ts";
import { countOf, numberOf } from "../../utils/json.ts";

/** Usage as rows and events report it. Any count may be invalid. */
export interface UsageEvent {
  readonly model: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly cacheRead: unknown;
  readonly cacheWrite: unknown;
  readonly reasoning: unknown;
}

/** Builds the observation of one response, or of the total of several, under a key. */
export function responseOf(
  key: string,
  place: Place,
  at: number,
  copy: number,
  usage: UsageEvent,
  skip: (reason: SkipReason) => void,
): Observation<"response"> {
  const count = (value: unknown): number => {
    const known = countOf(value ?? 0);
    if (known === null) skip("bad_count");
    return known ?? 0;
  };
  const prompt = count(usage.input);
  const [cacheRead, cacheWrite] = [count(usage.cacheRead), count(usage.cacheWrite)];
  // The program counts all input, cached or not, for every provider.
  const input = prompt - cacheRead - cacheWrite;
  if (input < 0) skip("bad_count");
  return {
    kind: "response",
    key: `response:copilot-cli:${key}`,
    body: {
      ...noDetails,
      ...place,
      at,
      model: usage.model,
      copy,
      input: Math.max(input, 0),
      output: count(usage.output),
      cacheRead,
      cacheWrite,
      prompt,
      reasoning: countOf(usage.reasoning),
    },
  };
}

/**
 * Key that the row, the event and all copies of a response have in common: they share no id, and their times may differ
 * by a millisecond. `untilFirst` is the time to the first token in nanoseconds.
 */
export const fingerprintOf = (usage: UsageEvent, duration: unknown, untilFirst: unknown): string =>
  [
    usage.model,
    ...[usage.input, usage.output, usage.cacheRead, usage.cacheWrite, duration, untilFirst].map(
      (value) => numberOf(value) ?? 0,
    ),
  ].join(":");
