import { BUCKET_MS, type UsageRow } from "../../../ledger/rows.ts";
import {
  addDays,
  dateOf,
  localClock,
  type OffsetInterval,
  offsetsIn,
  startOfDay,
  weekday,
  type Zone,
} from "../../../model/calendar.ts";
import { dateOfDay, sumBy } from "../../../pricing/costs.ts";
import { median } from "../limits/forecast.ts";
import type { ReportContext, ReportQuery } from "../report.ts";

/** Weeks whose days of the same weekday are compared with today. */
export const USUAL_WEEKS = 8;
/** Days that are compared where there are too few of the same weekday. */
export const USUAL_DAYS = 14;
/** The least number of days that are called usual. */
export const MIN_USUAL_DAYS = 3;

/** What usual days had cost by this time of day, and today. Costs are micro-dollars. */
export interface UsualDay {
  readonly cost: number;
  /** The number of days it is the median of. */
  readonly days: number;
  /** Their weekday, Sunday = 0; null if they are of any. */
  readonly weekday: number | null;
  /** The time of day, as an instant of today in epoch milliseconds: the end of the last complete bucket of 15 minutes. */
  readonly until: number;
  /** What today had cost by then; null without a price. */
  readonly costToday: number | null;
  /** How much more today had cost, in percent of the usual cost; null where that is 0. */
  readonly changePercent: number | null;
}

/**
 * Compares today with the median of the same weekdays of the last eight weeks, else of the last two weeks; days without usage
 * do not count. Null with fewer than three days, and within the first 15 minutes of a day.
 */
export async function usualDay(
  { filter, zone, now }: Pick<ReportQuery, "filter" | "zone" | "now">,
  { queries, costs }: Pick<ReportContext, "queries" | "costs">,
): Promise<UsualDay | null> {
  const today = dateOf(zone, now);
  const until = Math.floor(now / BUCKET_MS) * BUCKET_MS;
  if (until <= startOfDay(zone, today)) return null;
  const clock = Date.parse(localClock(zone, until)) - Date.parse(today);
  /** The costs by that time of the dates with usage; null without a price. */
  const costsOf = async (dates: readonly string[]): Promise<Map<string, number | null>> => {
    const intervals = dates.flatMap((date) => dayIntervals(zone, date));
    const rows = await queries.usage({ ...filter, ...boundsOf(intervals) }, intervals, ["bucket"]);
    const byDate = Map.groupBy(rows, ({ day }) => dateOfDay(day));
    return new Map(
      Array.from(byDate, ([date, some]) => {
        const isBefore = beforeClock(zone, date, clock);
        return [date, sumBy(some.filter(isBefore), costs, () => null).all.cost];
      }),
    );
  };
  const byWeek = await costsOf([today, ...datesBefore(today, USUAL_WEEKS, 7)]);
  const costToday = byWeek.has(today) ? (byWeek.get(today) ?? null) : 0;
  byWeek.delete(today);
  const isOfWeekday = knownOf(byWeek).length >= MIN_USUAL_DAYS;
  const found = knownOf(isOfWeekday ? byWeek : await costsOf(datesBefore(today, USUAL_DAYS, 1)));
  if (found.length < MIN_USUAL_DAYS) return null;
  const cost = Math.round(median(found.toSorted((a, b) => a - b)));
  return {
    cost,
    days: found.length,
    weekday: isOfWeekday ? weekday(today) : null,
    until,
    costToday,
    changePercent: cost === 0 || costToday === null ? null : (costToday / cost - 1) * 100,
  };
}

const knownOf = (costs: ReadonlyMap<string, number | null>): number[] =>
  [...costs.values()].filter((cost) => cost !== null);

/** Dates before one, newest first, some days apart. */
const datesBefore = (date: string, count: number, apart: number): string[] =>
  Array.from({ length: count }, (_, index) => addDays(date, -apart * (index + 1)));

const dayIntervals = (zone: Zone, date: string): OffsetInterval[] =>
  offsetsIn(zone, startOfDay(zone, date), startOfDay(zone, addDays(date, 1)));

const boundsOf = (intervals: readonly OffsetInterval[]) => ({
  from: Math.min(...intervals.map(({ from }) => from)),
  to: Math.max(...intervals.map(({ to }) => to)),
});

/** Whether a bucket of a date begins before the local clock shows a time (milliseconds since midnight). */
function beforeClock(zone: Zone, date: string, clock: number): (row: UsageRow) => boolean {
  const end = Date.parse(date) + clock;
  const intervals = dayIntervals(zone, date);
  return ({ bucket }) => {
    const at = bucket * BUCKET_MS;
    const offset = (intervals.find(({ to }) => at < to) ?? intervals.at(-1))?.offsetMs ?? 0;
    return at + offset < end;
  };
}
