/**
 * A time zone whose rules come from a POSIX TZ string or a file of the zone database, not from the engine. Instants are
 * epoch milliseconds; local time = UTC + offset, in milliseconds.
 */
export interface ZoneRules {
  offsetAt(ms: number): number;
  /** The next instant at which the offset changes; null if it never does. */
  nextChange(ms: number): number | null;
}

const SECOND_MS = 1_000;
const DAY_S = 86_400;
const DAY_MS = DAY_S * SECOND_MS;

/** The rule for one of the two changes of a year. */
interface ChangeRule {
  /** Days after 1 January of a year; 0 is 1 January. */
  dayOf(year: number): number;
  /** Seconds after midnight, on the clock that applies until the change; may be negative or more than a day. */
  readonly time: number;
}

/** The pattern of a POSIX TZ string. Compiled on use: every report loads this file, but few machines need it. */
function posixPattern(): RegExp {
  const offset = String.raw`[+-]?\d{1,2}(?::\d{1,2}(?::\d{1,2})?)?`;
  const name = String.raw`(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)`;
  const time = String.raw`[+-]?\d{1,3}(?::\d{1,2}(?::\d{1,2})?)?`;
  const day = String.raw`(?:M\d{1,2}\.\d\.\d|J\d{1,3}|\d{1,3})`;
  const rules = `,(?<start>${day}(?:/${time})?),(?<end>${day}(?:/${time})?)`;
  return new RegExp(`^${name}(?<standard>${offset})(?:${name}(?<summer>${offset})?(?:${rules})?(?<hasSummer>))?$`);
}

/** The changes used if a TZ string names a summer time without rules: those of the United States, as in glibc. */
const DEFAULT_CHANGES = { start: "M3.2.0", end: "M11.1.0" };

/**
 * The rules of a POSIX TZ string such as "JST-9" or "EST5EDT,M3.2.0,M11.1.0"; null for any other text. IEEE Std 1003.1,
 * 8.3, and tzset(3).
 */
export function posixRules(text: string): ZoneRules | null {
  const found = text.length <= 255 ? posixPattern().exec(text)?.groups : undefined;
  const standard = secondsOf(found?.["standard"], 24);
  if (!found || standard === null) return null;
  const winter = 0 - standard * SECOND_MS;
  if (found["hasSummer"] === undefined) return { offsetAt: () => winter, nextChange: () => null };
  const summerOffset = found["summer"] === undefined ? standard - 3_600 : secondsOf(found["summer"], 24);
  const [start, end] = [ruleOf(found["start"] ?? DEFAULT_CHANGES.start), ruleOf(found["end"] ?? DEFAULT_CHANGES.end)];
  if (summerOffset === null || !start || !end) return null;
  return yearly(winter, 0 - summerOffset * SECOND_MS, start, end);
}

/**
 * A zone whose clock changes twice a year. Each UTC year is handled separately, as in glibc: summer time lasts from
 * start to end; if the end comes first in the year, it lasts until the end and again from the start.
 */
function yearly(winter: number, summer: number, start: ChangeRule, end: ChangeRule): ZoneRules {
  const changesOf = (year: number): readonly [number, number] => {
    const first = Date.UTC(year, 0, 1);
    return [
      first + start.dayOf(year) * DAY_MS + start.time * SECOND_MS - winter,
      first + end.dayOf(year) * DAY_MS + end.time * SECOND_MS - summer,
    ];
  };
  const offsetAt = (ms: number): number => {
    const [begins, ends] = changesOf(new Date(ms).getUTCFullYear());
    const isSummer = begins <= ends ? ms >= begins && ms < ends : ms < ends || ms >= begins;
    return isSummer ? summer : winter;
  };
  return {
    offsetAt,
    nextChange(ms) {
      const year = new Date(ms).getUTCFullYear();
      const now = offsetAt(ms);
      return (
        [year, year + 1, year + 2]
          .flatMap((one) => [...changesOf(one), Date.UTC(one + 1, 0, 1)])
          .filter((at) => at > ms)
          .toSorted((a, b) => a - b)
          .find((at) => offsetAt(at) !== now) ?? null
      );
    },
  };
}

/**
 * Parses "M3.2.0/2" (month, week, weekday), "J60" (day without 29 February) or "59/-1" (day with 29 February). The time
 * defaults to 02:00.
 */
function ruleOf(text: string): ChangeRule | null {
  const [day = "", clock] = text.split("/");
  const time = clock === undefined ? 7_200 : secondsOf(clock, 167);
  if (time === null) return null;
  const [, month, week, weekday] = /^M(\d+)\.(\d)\.(\d)$/.exec(day)?.map(Number) ?? [];
  if (month !== undefined && week !== undefined && weekday !== undefined) {
    if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return null;
    return { time, dayOf: (year) => weekdayOf(year, month, week, weekday) };
  }
  const number = Number(day.replace("J", ""));
  if (day.startsWith("J")) {
    if (number < 1 || number > 365) return null;
    return { time, dayOf: (year) => number - 1 + (isLeap(year) && number >= 60 ? 1 : 0) };
  }
  return number > 365 ? null : { time, dayOf: () => number };
}

/** The day of the year, from 0, of the nth given weekday of a month; week 5 is the last one. */
function weekdayOf(year: number, month: number, week: number, weekday: number): number {
  const first = new Date(Date.UTC(year, month - 1, 1));
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let day = 1 + ((weekday - first.getUTCDay() + 7) % 7) + (week - 1) * 7;
  while (day > days) day -= 7;
  return (first.getTime() - Date.UTC(year, 0, 1)) / DAY_MS + day - 1;
}

const isLeap = (year: number): boolean => new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;

/** Seconds of "[+-]h[:m[:s]]"; null if a part is too large. */
function secondsOf(text: string | undefined, maxHours: number): number | null {
  const [, sign, hours = "0", minutes = "0", seconds = "0"] =
    /^([+-]?)(\d+)(?::(\d+)(?::(\d+))?)?$/.exec(text ?? "") ?? [];
  if (sign === undefined || Number(hours) > maxHours || Number(minutes) > 59 || Number(seconds) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
}

/** Sizes in bytes of a TZif header, and of a transition time and an offset in its second part. RFC 9636. */
const HEADER_BYTES = 44;
const WIDE_TIME_BYTES = 8;
const TYPE_BYTES = 6;
/**
 * Upper bounds for the transitions of a zone, and for the offsets that an index of one byte can name. A file with more
 * is rejected.
 */
const MAX_TRANSITIONS = 10_000;
const MAX_TYPES = 256;

/** The rules of a file of the zone database (TZif); null for any other content. */
export function fileRules(bytes: Uint8Array): ZoneRules | null {
  try {
    return readRules(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    // A count points beyond the end of the file.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readRules(view: DataView): ZoneRules | null {
  const first = headerAt(view, 0);
  if (first === null) return null;
  // A file of version 1 has only one part, with times of four bytes.
  const isWide = first.version >= 2;
  const start = isWide ? first.length : 0;
  const counts = isWide ? headerAt(view, start) : first;
  if (counts === null || counts.types === 0 || counts.types > MAX_TYPES || counts.times > MAX_TRANSITIONS) return null;
  const width = isWide ? WIDE_TIME_BYTES : 4;
  const times = start + HEADER_BYTES;
  const indexes = times + counts.times * width;
  const types = indexes + counts.times;
  const offsetOf = (type: number): number => view.getInt32(types + type * TYPE_BYTES) * SECOND_MS;
  const isSummer = (type: number): boolean => view.getUint8(types + type * TYPE_BYTES + 4) !== 0;
  const transitions = Array.from({ length: counts.times }, (_, at) => {
    const place = times + at * width;
    const seconds = isWide ? Number(view.getBigInt64(place)) : view.getInt32(place);
    const type = view.getUint8(indexes + at);
    if (type >= counts.types) throw new RangeError("no such offset");
    return { at: seconds * SECOND_MS, offset: offsetOf(type) };
  });
  const before = Array.from({ length: counts.types }, (_, type) => type).find((type) => !isSummer(type)) ?? 0;
  const end = start + (isWide ? HEADER_BYTES + counts.data : 0);
  return combinedRules(transitions, offsetOf(before), isWide ? footerAt(view, end) : null);
}

/**
 * The contents of the header at an offset; null if there is no header. `length` is the size of header and data with
 * times of four bytes.
 */
function headerAt(view: DataView, at: number) {
  if (view.getUint32(at) !== 0x54_5a_69_66) return null;
  const [utc = 0, standard = 0, leaps = 0, times = 0, types = 0, letters = 0] = [20, 24, 28, 32, 36, 40].map((place) =>
    view.getUint32(at + place),
  );
  const dataOf = (width: number): number =>
    times * (width + 1) + types * TYPE_BYTES + letters + leaps * (width + 4) + standard + utc;
  const version = view.getUint8(at + 4) === 0 ? 1 : view.getUint8(at + 4) - 0x30;
  return { version, times, types, length: HEADER_BYTES + dataOf(4), data: dataOf(WIDE_TIME_BYTES) };
}

/** The rules after the last transition: a TZ string between two line feeds at the end of the file. */
function footerAt(view: DataView, at: number): ZoneRules | null {
  const text = new TextDecoder("latin1").decode(new Uint8Array(view.buffer, view.byteOffset + at));
  return posixRules(/^\n([^\n]*)\n/.exec(text)?.[1] ?? "");
}

/** Combines the transitions, in order, with the offset before the first and the rules after the last. */
function combinedRules(
  transitions: readonly { readonly at: number; readonly offset: number }[],
  before: number,
  after: ZoneRules | null,
): ZoneRules {
  const last = transitions.at(-1);
  const offsetAt = (ms: number): number => {
    if (after && (!last || ms >= last.at)) return after.offsetAt(ms);
    return transitions.findLast(({ at }) => at <= ms)?.offset ?? before;
  };
  return {
    offsetAt,
    nextChange(ms) {
      const now = offsetAt(ms);
      const next = transitions.find(({ at }) => at > ms && offsetAt(at) !== now);
      return next?.at ?? after?.nextChange(Math.max(ms, last?.at ?? ms)) ?? null;
    },
  };
}
