import { addDays, monthOf, weekOf } from "../../../model/calendar.ts";
import { clockTime, dayText, localClock, localDate, nearDayText } from "../../text.ts";

/** The lengths of time that the page shows. */
export const PERIODS = [
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
  ["year", "Year"],
] as const;
/** A length of time. */
export type PeriodName = (typeof PERIODS)[number][0];

/** Local dates, both included. */
export interface DateRange {
  readonly since: string;
  readonly until: string;
}

/** One bar: the report's name of an hour, day or month, and texts. */
export interface BarSlot {
  readonly key: string;
  /** Below the bar: 14:00, Mon 23, 23, Nov. */
  readonly label: string;
  /** In full: Mon 23 Nov 2026. */
  readonly title: string;
  /** The day or month that a bar opens, and as what; null for an hour. */
  readonly opens: { readonly period: PeriodName; readonly date: string } | null;
}

const MONDAY = 1;
const BUCKET_MS = 900_000;
const HOUR_MS = 3_600_000;
/** Zones are at most this far from UTC. */
const FARTHEST_MS = 15 * HOUR_MS;

/** The report that has the usage of each bar of a period, its list in JSON, and the field that names the bar. */
export const SERIES = {
  day: { report: "hourly", field: "hour", of: "hour" },
  week: { report: "daily", field: "date", of: "day" },
  month: { report: "daily", field: "date", of: "day" },
  year: { report: "monthly", field: "month", of: "month" },
} as const;

/** The period that contains a date. Weeks begin on Monday. */
export function periodRange(period: PeriodName, date: string): DateRange {
  if (period === "day") return { since: date, until: date };
  if (period === "week") {
    const since = weekOf(date, MONDAY);
    return { since, until: addDays(since, 6) };
  }
  const since = period === "month" ? `${monthOf(date)}-01` : `${date.slice(0, 4)}-01-01`;
  return { since, until: addDays(firstOf(period, since, 1), -1) };
}

/** The period `by` periods later than a range of it, or earlier. */
export function stepped(period: PeriodName, { since }: DateRange, by: number): DateRange {
  if (period === "day") return periodRange(period, addDays(since, by));
  if (period === "week") return periodRange(period, addDays(since, by * 7));
  return periodRange(period, firstOf(period, since, by));
}

/** The first day of the month or year `by` of them after one that begins on a date. */
function firstOf(period: "month" | "year", since: string, by: number): string {
  const [year = 0, month = 1] = since.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + by * (period === "month" ? 1 : 12), 1)).toISOString().slice(0, 10);
}

/** A range as people write it: Sun 29 Nov, 23 to 29 Nov, November 2026, 2026; with its year where that is not the year of `today`. */
export function rangeText(period: PeriodName, { since, until }: DateRange, today: string): string {
  const year =
    since.slice(0, 4) === today.slice(0, 4) && until.slice(0, 4) === today.slice(0, 4) ? undefined : "numeric";
  if (period === "day") return nearDayText(since, today);
  if (period === "month") return dayText(since, { month: "long", year: "numeric" });
  if (period === "year") return since.slice(0, 4);
  const end = dayText(until, { day: "numeric", month: "short", year });
  const month = monthOf(since) === monthOf(until) ? undefined : "short";
  const ownYear = since.slice(0, 4) === until.slice(0, 4) ? undefined : year;
  return `${dayText(since, { day: "numeric", month, year: ownYear })} to ${end}`;
}

/** The bars of a range, those of the future included. */
export function slotsOf(period: PeriodName, { since, until }: DateRange, zone: string): BarSlot[] {
  if (period === "day") return hoursOf(since, zone);
  const slots: BarSlot[] = [];
  if (period === "year")
    for (let first = since; first <= until; first = firstOf("month", first, 1))
      slots.push({
        key: monthOf(first),
        label: dayText(first, { month: "short" }),
        title: dayText(first, { month: "long", year: "numeric" }),
        opens: { period: "month", date: first },
      });
  else
    for (let date = since; date <= until; date = addDays(date, 1))
      slots.push({
        key: date,
        label: period === "week" ? dayText(date) : String(Number(date.slice(8))),
        title: dayTitle(date),
        opens: { period: "day", date },
      });
  return slots;
}

/** Mon 23 Nov 2026. */
export const dayTitle = (date: string): string =>
  dayText(date, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

/** The hours of a local day by their first instants: 23 to 25 of them, as the report `hourly` names them. */
function hoursOf(date: string, zone: string): BarSlot[] {
  const slots: BarSlot[] = [];
  const midnight = Date.parse(date);
  let before: number | null = null;
  for (let at = midnight - FARTHEST_MS; at < midnight + 24 * HOUR_MS + FARTHEST_MS; at += BUCKET_MS) {
    const clock = localClock(zone, at);
    const begins = clock % HOUR_MS === 0 || (before !== null && clock !== before + BUCKET_MS);
    before = clock;
    if (!begins || localDate(zone, at) !== date) continue;
    const label = clockTime(zone, at);
    slots.push({ key: new Date(at).toISOString(), label, title: `${dayTitle(date)}, ${label}`, opens: null });
  }
  return slots;
}
