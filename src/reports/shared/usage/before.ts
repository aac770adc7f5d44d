import { BUCKET_MS } from "../../../ledger/rows.ts";
import { addDays, dateOf, localClock, startOfDay, type Zone } from "../../../model/calendar.ts";
import type { ReportQuery } from "../report.ts";

/** A range of time, epoch milliseconds, `to` exclusive, and its first and last local date. */
export interface ComparedRange {
  readonly from: number;
  readonly to: number;
  readonly since: string;
  readonly until: string;
}

const DAY_MS = 86_400_000;
const wholeBucket = (ms: number): number => Math.floor(ms / BUCKET_MS) * BUCKET_MS;

/**
 * The range of a query until now, the range of the same length before it, and whether the first is over. If it is not, the one before
 * ends on the same day of it at the same time of day, rounded down to a bucket; it is empty where the range has not begun. Days are
 * local, and hours are hours: as many whole buckets of them.
 */
export function comparedRanges({ filter, since, until, zone, now }: ReportQuery): {
  readonly range: ComparedRange;
  readonly before: ComparedRange;
  readonly isOver: boolean;
} {
  const isOver = filter.to <= now;
  const to = isOver ? filter.to : Math.max(now, filter.from);
  const today = dateOf(zone, now);
  const first = since ?? dateOf(zone, filter.from);
  const last = until ?? today;
  const range = { from: wholeBucket(filter.from), to, since: first, until: last };
  const isOfDays =
    filter.from === startOfDay(zone, first) && (!isOver || filter.to === startOfDay(zone, addDays(last, 1)));
  const from = isOfDays ? startOfDay(zone, earlier(first, first, last)) : range.from - wholeBucket(to - range.from);
  const end = isOver || !isOfDays ? range.from : sameClock(zone, now, earlier(today, first, last));
  const before = { from: Math.max(from, 0), to: Math.max(Math.min(end, range.from), from, 0) };
  return {
    range,
    before: { ...before, since: dateOf(zone, before.from), until: dateOf(zone, Math.max(before.to - 1, before.from)) },
    isOver,
  };
}

/** The date that a date within a range of days, both included, is compared with; the last of a month that is shorter. */
function earlier(date: string, first: string, last: string): string {
  if (!first.endsWith("-01") || !addDays(last, 1).endsWith("-01"))
    return addDays(date, -((Date.parse(last) - Date.parse(first)) / DAY_MS + 1));
  const months = monthsOf(last) - monthsOf(first) + 1;
  const before = monthsOf(date) - months;
  const end = addDays(firstOfMonth(before + 1), -1);
  return `${end.slice(0, "YYYY-MM-".length)}${date.slice(-2) < end.slice(-2) ? date.slice(-2) : end.slice(-2)}`;
}

/** Months since the year 0. */
const monthsOf = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;

const firstOfMonth = (months: number): string =>
  `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((months % 12) + 1).padStart(2, "0")}-01`;

/** The bucket in which the clock shows on another date what it shows at `now`; about that where the clock is changed. */
function sameClock(zone: Zone, now: number, date: string): number {
  const clockAt = (ms: number): number => Date.parse(localClock(zone, ms)) - Date.parse(date);
  const wanted = Date.parse(localClock(zone, now)) - Date.parse(dateOf(zone, now));
  const about = startOfDay(zone, date) + wanted;
  return wholeBucket(about + wanted - clockAt(about));
}
