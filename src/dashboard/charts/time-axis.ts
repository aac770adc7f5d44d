import { clockSeconds, clockTime, dayText, localClock, localDate } from "../text.ts";

const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1_000, 60_000, 3_600_000, 86_400_000];
/** Steps between two ticks, milliseconds. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY_MS),
];

/** A time on an axis: epoch milliseconds, and its text. */
export interface TimeTick {
  readonly at: number;
  readonly text: string;
}

/** The round local times in a range (epoch ms), at most `most`: 09:00, 09:30; with seconds, or as days, where the steps are. */
export function timeTicks(zone: string, from: number, to: number, most: number): TimeTick[] {
  const step = STEPS.find((one) => (to - from) / one < most) ?? Math.ceil((to - from) / most / DAY_MS) * DAY_MS;
  const ticks: TimeTick[] = [];
  // Local times are counted as if they were of UTC; a change of the clock within a step moves the later ticks with it.
  for (let local = Math.ceil((from + offsetIn(zone, from)) / step) * step; ; local += step) {
    const at = local - offsetIn(zone, local - offsetIn(zone, local));
    if (at > to || ticks.length > most) return ticks;
    if (at < from) continue;
    ticks.push({ at, text: tickText(zone, at, step) });
  }
}

function tickText(zone: string, at: number, step: number): string {
  if (step >= DAY_MS) return dayText(localDate(zone, at));
  return step >= MINUTE_MS ? clockTime(zone, at) : clockSeconds(zone, at);
}

/** Local time less UTC at a time (epoch ms), milliseconds. */
const offsetIn = (zone: string, ms: number): number => localClock(zone, ms) - Math.floor(ms / MINUTE_MS) * MINUTE_MS;

/** The place of a time in a range, percent of its length, at least 0 and at most 100. */
export const percentOf = (at: number, from: number, to: number): number =>
  to <= from ? 0 : Math.min(Math.max(((at - from) / (to - from)) * 100, 0), 100);
