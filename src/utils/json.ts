/** Any JSON object, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NONE: Fields = {};

/** The value where it is an object, else one without fields. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : NONE);

/** The entry of a small table by its name; undefined where it has none. Object.hasOwn takes longer. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  for (const key in table) if (key === name) return table[key];
  return undefined;
}

/** The objects of a list; nothing where the value is none. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/** The value where it is text, else nothing; what is longer than anything of its kind is cut. */
export const text = (value: unknown, cap = 1_024): string =>
  typeof value !== "string" ? "" : value.length > cap ? value.slice(0, cap) : value;

/** The first moment of 2200, epoch milliseconds. */
export const END_OF_TIMES = Date.UTC(2200, 0, 1);

/** Whether something can have happened at a time in epoch milliseconds: from 1970 to before 2200. Another one is damage, or in another unit. */
export const isTime = (ms: number): boolean => ms >= 0 && ms < END_OF_TIMES;

/** Epoch milliseconds of a timestamp, null where there is none that can be read; possibly one that nothing can have: see isTime. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

const BOM = 0xef;

/** One line as an object; null where it is none. A byte order mark before it, or the NULs that a crash left, are passed over. */
export const lineOf = (bytes: Buffer, from: number, to: number): Fields | null =>
  parse(bytes.toString("utf8", beginning(bytes, from, to), to));

function beginning(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (bytes[at] === 0 && at < to) at++;
  return bytes[at] === BOM ? at + 3 : at;
}

/** Bytes from which on a string is left out of an outline: more than any path or name has. */
const LONG = 4_096;
/** Bytes of a string that are looked at one by one before the system is asked for the next quote. */
const NEAR = 32;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * One line as an object in which of every string of more than LONG bytes only the first character is left, if that: parsing
 * them is most of the time that a line takes. Null where it is no object.
 */
export function outlineOf(bytes: Buffer, from: number, to: number): Fields | null {
  let outline = "";
  let kept = beginning(bytes, from, to);
  for (let at = from; at < to; at++) {
    if (bytes[at] !== QUOTE) continue;
    const start = at + 1;
    at = endOfString(bytes, start, to);
    if (at - start <= LONG) continue;
    outline += bytes.toString("utf8", kept, start + +isPlain(bytes[start]));
    kept = at;
  }
  return parse(outline + bytes.toString("utf8", kept, to));
}

/** Whether a byte is a character of its own, and stands for itself in JSON. */
const isPlain = (byte = 0): boolean => byte >= 32 && byte < 128 && byte !== BACKSLASH;

/** Place of the quote that ends the string which begins at a place; `to` where none does. */
function endOfString(bytes: Buffer, start: number, to: number): number {
  for (let at = start; at < to;) {
    for (const near = Math.min(at + NEAR, to); at < near; at++) {
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

/** Where the lines of some bytes begin and end, newlines left out; only the last may be incomplete. */
export function* linesIn(bytes: Buffer): Generator<{ from: number; to: number; isComplete: boolean }> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end < 0 ? bytes.length : end;
    yield { from, to, isComplete: end >= 0 };
    from = to + 1;
  }
}

/** Characters from which on it is looked how many values a text holds before it is parsed, and how many it may hold. */
const LARGE = { characters: 1_048_576, values: 1_000_000 };

/**
 * A JSON text as any value; undefined where it is none, or where it holds more values than any that a program writes: an
 * empty list takes 3 characters in a text, and 160 bytes of memory.
 */
export function valueOf(json: string): unknown {
  if (json.length > LARGE.characters && holdsTooMuch(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function holdsTooMuch(json: string): boolean {
  let values = 0;
  let isWithin = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) isWithin = !isWithin;
    else if (isWithin) at += +(code === BACKSLASH);
    // A comma, or what opens a list or an object.
    else if (code === 44 || code === 91 || code === 123) values++;
  }
  return values > LARGE.values;
}

/** A JSON text as an object; null where it is none. */
export function parse(json: string): Fields | null {
  const value = valueOf(json);
  return isFields(value) ? value : null;
}

/** A count as programs write it: an integer of at least 0; null where it is missing or damaged. */
export const countOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST ? value : null;

/** Whether something is told that is not 0, be it a count or damage. */
export const isNotZero = (value: unknown): boolean => value !== undefined && value !== null && value !== 0;

/** More than any response can have; beyond it a number is damage. */
const MOST = 1e12;
