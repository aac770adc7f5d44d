import { fileRules, posixRules, type ZoneRules } from "./zone-rules.ts";

/**
 * A time zone: an IANA name as the engine spells it, or a value of TZ that is not one (a POSIX string, or the path of a
 * zone file).
 */
export type Zone = string;

/** An interval in which a zone keeps one offset. Epoch milliseconds, `to` exclusive; local time = UTC + offsetMs. */
export interface OffsetInterval {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
}

/** Epoch milliseconds of the year 10000, after every date with a year of four digits. */
export const FOREVER = 253_402_300_800_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The zone of that name, in any capitalisation; null if there is none. */
export function zoneOf(name: string): Zone | null {
  if (/^(?:etc\/)?(?:utc|uct|universal|zulu)$/i.test(name)) return "UTC";
  // Temporal also accepts offsets and timestamps as zones; a zone name begins with a letter and contains neither colon
  // nor bracket.
  if (!/^[a-z][\w+/-]{0,63}$/i.test(name)) return null;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    return null;
  }
}

/**
 * Splits a range into intervals of constant offset, in order; empty for an empty range. Epoch milliseconds, `to`
 * exclusive.
 */
export function offsetsIn(zone: Zone, from: number, to: number): OffsetInterval[] {
  const intervals: OffsetInterval[] = [];
  for (let at = from; at < to;) {
    const next = Math.min(nextChange(zone, at) ?? to, to);
    intervals.push({ from: at, to: next, offsetMs: offsetAt(zone, at) });
    at = next;
  }
  return intervals;
}

/**
 * The first instant of a local date; 01:00 if the clock skips midnight. For a date that is skipped entirely, the start
 * of the next.
 */
export function startOfDay(zone: Zone, date: string): number {
  if (zone === "UTC") return utcOf(date);
  if (rulesOf(zone)) return startByRules(zone, utcOf(date));
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds;
}

/** The local date of an instant. */
export const dateOf = (zone: Zone, ms: number): string => isoDate(ms + offsetAt(zone, ms));

/** The hour on the local clock, 0 to 23. */
export const localHour = (zone: Zone, ms: number): number =>
  Math.floor(modulo(ms + offsetAt(zone, ms), DAY_MS) / HOUR_MS);

/** The weekday of a date, Sunday = 0. */
export const weekday = (date: string): number => modulo(utcOf(date) / DAY_MS + 4, 7);

/** The date `days` later, or earlier if negative. */
export const addDays = (date: string, days: number): string => isoDate(utcOf(date) + days * DAY_MS);

/** The first date of the week that contains a date; weeks begin on `startDay`, Sunday = 0. */
export const weekOf = (date: string, startDay: number): string => addDays(date, -modulo(weekday(date) - startDay, 7));

/** The month of a date: YYYY-MM. */
export const monthOf = (date: string): string => date.slice(0, "YYYY-MM".length);

/** The first instant at which the local clock shows a given time or a later one. */
function startByRules(zone: Zone, local: number): number {
  // Offsets are smaller than a day.
  const around = offsetsIn(zone, local - 2 * DAY_MS, local + 2 * DAY_MS);
  const at = around.map(({ from, to, offsetMs }) => ({ to, start: Math.max(from, local - offsetMs) }));
  return at.find(({ to, start }) => start < to)?.start ?? local;
}

/** The local time of an instant, formatted like a UTC timestamp: YYYY-MM-DDTHH:MM:SS.sssZ. */
export const localClock = (zone: Zone, ms: number): string =>
  new Date(Math.floor(ms) + offsetAt(zone, ms)).toISOString();

/** UTC needs no zone data of the engine, whose first use is the most expensive step in this file. */
const offsetAt = (zone: Zone, ms: number): number =>
  zone === "UTC" ? 0 : (rulesOf(zone)?.offsetAt(ms) ?? zoned(zone, ms).offsetNanoseconds / 1e6);

/** Rules of zones without an IANA name, by the value of TZ; null for IANA names. */
const rules = new Map<Zone, ZoneRules | null>();

function rulesOf(zone: Zone): ZoneRules | null {
  let known = rules.get(zone);
  if (known === undefined) rules.set(zone, (known = zoneOf(zone) === null ? posixRules(zone) : null));
  return known;
}

function nextChange(zone: Zone, ms: number): number | null {
  if (zone === "UTC") return null;
  const own = rulesOf(zone);
  if (own) return own.nextChange(ms);
  const { offsetNanoseconds } = zoned(zone, ms);
  let next = zoned(zone, ms).getTimeZoneTransition("next");
  // The engine also reports rule changes that keep the offset.
  while (next?.offsetNanoseconds === offsetNanoseconds) next = next.getTimeZoneTransition("next");
  return next?.epochMilliseconds ?? null;
}

const zoned = (zone: Zone, ms: number): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);

/** Midnight UTC of a date; a date-only text is UTC by ECMA-262. */
const utcOf = (date: string): number => Date.parse(date);
const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, -"T00:00:00.000Z".length);
const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** Access to the files that define the time zone of the machine. */
export interface ZoneFiles {
  /** The target of a link; null if the path is not a link. */
  link(path: string): string | null;
  /** The bytes of a regular file; null if there is none, or if it is much larger than a zone file. */
  bytes(path: string): Uint8Array | null;
}

/** The time zone of the machine, and the problem if it cannot be read. */
export interface SystemZone {
  readonly zone: Zone;
  /** A clause such as `TZ is "Mars/Base", which ...`. The zone is then UTC, as it is for `date`. */
  readonly problem: string | null;
}

const DATABASE = "/usr/share/zoneinfo";
const LOCALTIME = "/etc/localtime";

/**
 * The time zone of this machine, by the rules of `date`: TZ holds a name of the zone database or the path of a file,
 * with or without a leading colon, or a POSIX string. Without TZ, /etc/localtime applies. Names and links into the zone
 * database are resolved without loading the engine's zone data. See tzset(3).
 */
export function systemZone(env: Readonly<Record<string, string | undefined>>, files: ZoneFiles): SystemZone {
  const given = env["TZ"];
  if (given === undefined) return { zone: zoneAt(LOCALTIME, files) ?? Temporal.Now.timeZoneId(), problem: null };
  const text = given.replace(/^:/, "");
  const zone =
    text === ""
      ? "UTC"
      : text.startsWith("/")
        ? zoneAt(text, files)
        : (zoneNamed(text) ?? zoneAt(`${env["TZDIR"] || DATABASE}/${text}`, files));
  if (zone !== null) return { zone, problem: null };
  const reason = text.startsWith("/")
    ? "a file that is not a time zone or cannot be read"
    : "which is not a known time zone";
  return { zone: "UTC", problem: `TZ is "${given.slice(0, 200)}", ${reason}` };
}

/** The zone for a name of the zone database or a POSIX string; null for any other text. Names take precedence, since EST5EDT is both. */
export const zoneNamed = (text: string): Zone | null => zoneOf(text) ?? (posixRules(text) ? text : null);

/** The zone of a file: a link into the zone database gives a name, any other file its own rules. */
function zoneAt(path: string, files: ZoneFiles): Zone | null {
  const name = nameIn(path) ?? nameIn(files.link(path) ?? "");
  if (name !== null) return name;
  const bytes = files.bytes(path);
  const own = bytes && fileRules(bytes);
  if (!own) return null;
  rules.set(path, own);
  return path;
}

/** The zone name in a path of the zone database; null for other paths. */
function nameIn(path: string): Zone | null {
  const name = path.split("/zoneinfo/")[1];
  return name === undefined ? null : zoneOf(name);
}
