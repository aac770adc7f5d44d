import { addDays, dateOf, FOREVER, startOfDay, type Zone } from "./calendar.ts";

/** The range of a report: epoch milliseconds, `to` exclusive, and the local dates of its first and last instant. */
export interface Range {
  /** 0 if there is no lower bound: limit the range to the existing data before calling offsetsIn. */
  readonly from: number;
  /** FOREVER if there is no upper bound. */
  readonly to: number;
  readonly sinceDate: string | null;
  readonly untilDate: string | null;
}

/** Why a range is invalid, and a valid form. */
export interface RangeProblem {
  readonly problem: string;
  readonly hint: string;
}

const HOUR_MS = 3_600_000;

/** Whether a text is a period: today, yesterday, a length of time such as 7d, or a date. */
export const isPeriod = (text: string): boolean =>
  DAYS_BACK.has(text) || LENGTH.test(text) || dateFrom(text) !== undefined;

/** The dates of a period as options of rangeOf. */
export const periodOptions = (period: string): { since: string; until: string } | { last: string } =>
  LENGTH.test(period) ? { last: period } : { since: period, until: period };

/** Names of days, and how many days ago they are. */
const DAYS_BACK: ReadonlyMap<string, number> = new Map([
  ["today", 0],
  ["yesterday", 1],
]);
/** Periods of one day that have a name. */
export const dayNames: readonly string[] = [...DAYS_BACK.keys()];
const LENGTH = /^([1-9]\d{0,3})([hdwm])$/;
const LENGTHS = "24h, 7d, 4w or 3m";
const DATE_HINT = "write it as 2026-03-29 or 20260329, today or yesterday";

/**
 * The range of the options --since, --until and --last. Days are local and include today: 7d is today and the six days
 * before, and 1m on 20 November begins on 21 October. Hours end now. `since` may be a length as well, and the range then
 * begins where that of `last` does.
 */
export function rangeOf(options: {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly last?: string | undefined;
  /** Local days up to the last one, where no first day is given; without it the range is open. */
  readonly days?: number | undefined;
  /** The period of a date, as YYYY-MM-DD or YYYY-MM, if `last` may be a number of periods. */
  readonly periodOf?: ((date: string) => string) | undefined;
  readonly zone: Zone;
  /** Epoch milliseconds. */
  readonly now: number;
}): Range | RangeProblem {
  const { since, until, last, days, periodOf, zone, now } = options;
  const today = dateOf(zone, now);
  if (last !== undefined) {
    if (since !== undefined || until !== undefined)
      return { problem: "--last cannot be combined with --since or --until", hint: "leave out --since and --until" };
    const isCount = periodOf !== undefined && /^[1-9]\d{0,3}$/.test(last);
    const begin = isCount
      ? dayBegin(periodsBack(periodOf, today, Number(last)), zone)
      : LENGTH.test(last)
        ? beginOf(last, zone, now)
        : null;
    const counts = periodOf ? ", or as a number of rows" : "";
    if (begin === null)
      return { problem: `--last is not a length of time: ${last}`, hint: `write it as ${LENGTHS}${counts}` };
    const to = last.endsWith("h") ? now : startOfDay(zone, addDays(today, 1));
    return { from: begin.from, to, sinceDate: begin.date, untilDate: today };
  }
  const end = until === undefined ? undefined : dayOf(until, today);
  if (end === null) return { problem: `--until is not a date: ${until}`, hint: DATE_HINT };
  const usual = days === undefined ? undefined : dayBegin(addDays(end ?? today, 1 - days), zone);
  const begin = since === undefined ? usual : beginOf(since, zone, now);
  if (begin === null) return { problem: `--since is not a date: ${since}`, hint: `${DATE_HINT}, or ${LENGTHS}` };
  if (begin && end !== undefined && begin.date > end)
    return { problem: `--since ${begin.date} is after --until ${end}`, hint: "swap them" };
  return {
    from: begin?.from ?? 0,
    to: end === undefined ? FOREVER : startOfDay(zone, addDays(end, 1)),
    sinceDate: begin?.date ?? null,
    untilDate: end ?? null,
  };
}

/** The first instant of a range, epoch milliseconds, and its local date. */
interface Begin {
  readonly from: number;
  readonly date: string;
}

const dayBegin = (date: string, zone: Zone): Begin => ({ from: startOfDay(zone, date), date });

/** The begin of a day or of a length of time that ends today; null for other texts. */
function beginOf(text: string, zone: Zone, now: number): Begin | null {
  const today = dateOf(zone, now);
  const [, digits, unit] = LENGTH.exec(text) ?? [];
  const count = Number(digits);
  if (unit === "h") {
    const from = now - count * HOUR_MS;
    return { from, date: dateOf(zone, from) };
  }
  const date =
    unit === undefined
      ? dayOf(text, today)
      : unit === "m"
        ? addDays(monthsBefore(today, count), 1)
        : addDays(today, 1 - count * (unit === "w" ? 7 : 1));
  return date === null ? null : dayBegin(date, zone);
}

/** YYYY-MM-DD of a date, "today" or "yesterday"; null for other texts. */
function dayOf(text: string, today: string): string | null {
  const back = DAYS_BACK.get(text);
  return back === undefined ? (dateFrom(text) ?? null) : addDays(today, -back);
}

/** The first date of the last `count` periods, of which the last contains `date`. */
function periodsBack(periodOf: (date: string) => string, date: string, count: number): string {
  const firstDate = (of: string): string => periodOf(of).padEnd("YYYY-MM-DD".length, "-01");
  let first = firstDate(date);
  for (let back = 1; back < count; back++) first = firstDate(addDays(first, -1));
  return first;
}

/** The same day `months` earlier, or the last day of that month if it is shorter. */
function monthsBefore(date: string, months: number): string {
  const index = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 - months;
  const month = (at: number): string =>
    `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}`;
  const same = `${month(index)}${date.slice(7)}`;
  const last = addDays(`${month(index + 1)}-01`, -1);
  return same < last ? same : last;
}

/** YYYY-MM-DD of a date written with or without dashes; undefined if there is no such date. */
function dateFrom(text: string): string | undefined {
  const [, year, month, day] = /^(\d{4})(-?)(\d{2})\2(\d{2})$/.exec(text)?.toSpliced(2, 1) ?? [];
  const date = `${year}-${month}-${day}`;
  const ms = Date.parse(date);
  return ms >= 0 && dateOf("UTC", ms) === date ? date : undefined;
}
