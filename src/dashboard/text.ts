import { modelName } from "../model/model-name.ts";
import { lastPart } from "../model/project.ts";
import { type Cell, type ValueKind, valueFormats } from "../render/format.ts";
import { systemClock } from "../utils/clock.ts";
import { duration } from "../utils/terminal.ts";

/** Reports know no date before 1970; the range before that of a date is one year long at most. */
const EARLIEST_MS = Date.UTC(1972, 0, 1);

/** The mark of a value that is not known. */
export const UNKNOWN = "—";

const formats = new Map<string, Intl.DateTimeFormat>();

/** A time (epoch ms) in a zone, by the options of Intl; 24 hours. */
export function timeIn(zone: string, ms: number, options: Intl.DateTimeFormatOptions): string {
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format)
    formats.set(key, (format = new Intl.DateTimeFormat("en-GB", { hourCycle: "h23", timeZone: zone, ...options })));
  return format.format(ms);
}

/** 13:20. */
export const clockTime = (zone: string, ms: number): string => timeIn(zone, ms, { hour: "2-digit", minute: "2-digit" });

/** 13:20:41. */
export const clockSeconds = (zone: string, ms: number): string =>
  timeIn(zone, ms, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Thu 26 Nov 09:12; with its year, Wed 26 Nov 2025 09:12, where that is not the year of `now` (epoch ms). */
export function dayAndTime(zone: string, ms: number, now = systemClock.now()): string {
  return `${nearDayText(localDate(zone, ms), localDate(zone, now))} ${clockTime(zone, ms)}`;
}

/** What the clock of a zone shows, as epoch milliseconds of the same time in UTC; to the minute. */
export function localClock(zone: string, ms: number): number {
  const text = timeIn(zone, ms, { dateStyle: "short", timeStyle: "short" });
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = text.split(/\D+/).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** The local date of an instant (epoch ms): 2026-11-26. */
export const localDate = (zone: string, ms: number): string =>
  new Date(localClock(zone, ms)).toISOString().slice(0, "YYYY-MM-DD".length);

/** A date that the address names (2026-11-26), if there was such a day until `today` in the years that reports know; null for other texts. */
export function pastDate(text: string | null, today: string): string | null {
  if (text === null || !/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const ms = Date.parse(text);
  return ms >= EARLIEST_MS && new Date(ms).toISOString().startsWith(text) && text <= today ? text : null;
}

/** A time near `now` (epoch ms): 13:20 on the same day, else with its day. */
export const whenText = (zone: string, ms: number, now: number): string =>
  localDate(zone, ms) === localDate(zone, now) ? clockTime(zone, ms) : dayAndTime(zone, ms, now);

/** A local date such as 2026-11-26 as Thu 26. */
export const dayText = (
  date: string,
  options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric" },
): string => timeIn("UTC", Date.parse(`${date.slice(0, 10)}T00:00Z`), options).replaceAll(",", "");

/** A local date as Thu 26 Nov; with its year where that is not the year of `today`. */
export function nearDayText(date: string, today: string): string {
  const year = date.slice(0, 4) === today.slice(0, 4) ? undefined : "numeric";
  return dayText(date, { weekday: "short", day: "numeric", month: "short", year });
}

/** How long ago, or until: "now" below 3 s, else 4s, 2h10m, 3d04h. */
export const ageText = (ms: number): string => (ms < 3_000 ? "now" : duration(ms));

/** A text that somebody else chose, for titles and labels: marks of direction in it do not reach beyond it. */
export const isolated = (text: string): string => `\u2068${text}\u2069`;

/** A model without vendor and build: opus-5-5. */
export const modelText = (model: string | null): string => modelName(model ?? "").replace(/^claude-/, "") || UNKNOWN;

/** A directory by its last part. */
export const projectText = (directory: string | null): string =>
  lastPart(directory ?? "") || (directory ?? "") || UNKNOWN;

/** A value as the command line writes it; times in the zone of the page. A shorter text of counts where `isShort`. */
export function valueText(kind: ValueKind, value: Cell | undefined, zone: string, isShort = false): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value === "string") return value;
  const { text, compact = text } = valueFormats[kind];
  return (isShort ? compact : text)(value, (ms) => dayAndTime(zone, ms));
}
