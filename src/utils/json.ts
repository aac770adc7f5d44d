/** A JSON object with unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NONE: Fields = {};

/** The value if it is an object, else an object without fields. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : NONE);

/** The entry of a small table by name; undefined if there is none. Faster than Object.hasOwn. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  for (const key in table) if (key === name) return table[key];
  return undefined;
}

/** The objects of a list; empty if the value is not a list. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/** The value if it is text, cut to `cap` characters; else "". */
export const text = (value: unknown, cap = 1_024): string =>
  typeof value !== "string" ? "" : value.length > cap ? value.slice(0, cap) : value;

/** The value if it is a finite number; else null. */
export const numberOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** The number of lines of a text, 0 for anything else. A newline at the end starts no new line. */
export const lineCountOf = (value: unknown): number =>
  typeof value === "string" && value !== "" ? value.split("\n").length - +value.endsWith("\n") : 0;

/** Nano-dollars of a cost in dollars; null if it is missing, negative or more than any response costs. */
export function nanoDollarsOf(value: unknown): number | null {
  const dollars = numberOf(value);
  return dollars !== null && dollars >= 0 && dollars < 1e6 ? Math.round(dollars * 1e9) : null;
}

/** The first moment of 2200, epoch milliseconds. */
export const END_OF_TIME = Date.UTC(2200, 0, 1);

/**
 * Whether a time in epoch milliseconds is plausible: from 1970 to before 2200. Any other one is damaged or in another
 * unit.
 */
export const isTime = (ms: number): boolean => ms >= 0 && ms < END_OF_TIME;

/** Parses a timestamp to epoch milliseconds; null if it cannot be parsed. The result may be implausible: see isTime. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** Parses a date in any notation that Date.parse knows to epoch milliseconds; null if it cannot be parsed. */
export function dateOf(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

/** Epoch milliseconds; null if the value is not a positive integer. The result may be implausible: see isTime. */
export const msOf = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;

const BOM = 0xef;

/** Parses one line as an object; null if it is not one. Skips a leading byte order mark and NULs left by a crash. */
export const lineOf = (bytes: Buffer, from: number, to: number): Fields | null =>
  parse(bytes.toString("utf8", contentStart(bytes, from, to), to));

function contentStart(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (bytes[at] === 0 && at < to) at++;
  return bytes[at] === BOM ? at + 3 : at;
}

/** Longest string that an outline keeps, bytes: longer than any path or name. */
const LONG_BYTES = 4_096;
/** Bytes of a string that are scanned one by one before Buffer.indexOf searches for the next quote. */
const NEAR_BYTES = 32;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Parses one line as an object, with every string of more than LONG_BYTES bytes reduced to its first character or to
 * "". Parsing long strings takes most of the time for a line. Null if the line is not an object.
 */
export function outlineOf(bytes: Buffer, from: number, to: number): Fields | null {
  let outline = "";
  let kept = contentStart(bytes, from, to);
  for (let at = from; at < to; at++) {
    if (bytes[at] !== QUOTE) continue;
    const start = at + 1;
    at = endOfString(bytes, start, to);
    if (at - start <= LONG_BYTES) continue;
    outline += bytes.toString("utf8", kept, start + +isPlain(bytes[start]));
    kept = at;
  }
  return parse(outline + bytes.toString("utf8", kept, to));
}

/** Whether a byte is a single character that JSON does not escape. */
const isPlain = (byte = 0): boolean => byte >= 32 && byte < 128 && byte !== BACKSLASH;

/** The offset of the quote that ends a string; `to` if there is none. */
function endOfString(bytes: Buffer, start: number, to: number): number {
  for (let at = start; at < to;) {
    for (const nearEnd = Math.min(at + NEAR_BYTES, to); at < nearEnd; at++) {
      if (bytes[at] === QUOTE) return at;
      if (bytes[at] === BACKSLASH) at++;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= to) return to;
    let slash = quote;
    while (slash > at && bytes[slash - 1] === BACKSLASH) slash--;
    if ((quote - slash) % 2 === 0) return quote;
    at = quote + 1;
  }
  return to;
}

const NEWLINE = 10;

/** The start and end of each line, without its newline; only the last line may be incomplete. */
export function* linesIn(bytes: Buffer): Generator<{ from: number; to: number; isComplete: boolean }> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end < 0 ? bytes.length : end;
    yield { from, to, isComplete: end >= 0 };
    from = to + 1;
  }
}

/** Texts with more characters than this are limited to this number of values. */
const LIMITS = { characters: 1_048_576, values: 1_000_000 };

/**
 * Parses JSON text; undefined if it is invalid or has more values than any program writes. An empty list takes 3
 * characters of text, but 160 bytes of memory.
 */
export function parseValue(json: string): unknown {
  if (json.length > LIMITS.characters && hasTooManyValues(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function hasTooManyValues(json: string): boolean {
  let values = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) at += +(code === BACKSLASH);
    // A comma, or the opening bracket of a list or an object.
    else if (code === 44 || code === 91 || code === 123) values++;
  }
  return values > LIMITS.values;
}

/** Parses JSON text as an object; null if it is not one. */
export function parse(json: string): Fields | null {
  const value = parseValue(json);
  return isFields(value) ? value : null;
}

/** A count: an integer of at least 0; null if it is missing or damaged. */
export const countOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT ? value : null;

/** Whether a value is present and not 0, whether it is a count or damaged. */
export const isNotZero = (value: unknown): boolean => value !== undefined && value !== null && value !== 0;

/** More than any response can have; larger numbers are damaged. */
const MAX_COUNT = 1e12;
