import { FIVE_HOURS_MS } from "../../../model/quota.ts";
import type { LogRecord } from "../../../model/record.ts";
import type { Window } from "../usage/blocks.ts";
import { windowsIn } from "./windows.ts";

const MINUTE_MS = 60_000;

/** The five-hour windows in our own log, rounded to the minute, oldest first, without overlaps. */
export function windowsOf(records: readonly LogRecord[]): Window[] {
  const resetTimes = windowsIn(records)
    .filter(({ key }) => key === "five_hour")
    .flatMap(({ resetsAt }) => (resetsAt === null ? [] : [Math.round(resetsAt / MINUTE_MS) * MINUTE_MS]));
  const resets = [...new Set(resetTimes)].toSorted((a, b) => a - b);
  return resets.map((to, index) => {
    // The next window ends this one where they overlap.
    const next = (resets[index + 1] ?? Infinity) - FIVE_HOURS_MS;
    return { from: to - FIVE_HOURS_MS, to: Math.min(to, next) };
  });
}
