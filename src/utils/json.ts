/** Any JSON object, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NONE: Fields = {};

/** The value where it is an object, else one without fields. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : NONE);

/** The objects of a list; nothing where the value is none. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/** The value where it is text, else nothing; what is longer than anything of its kind is cut. */
export const text = (value: unknown, cap = 1_024): string => (typeof value === "string" ? value.slice(0, cap) : "");

/** Epoch milliseconds of a timestamp, null where there is none that can be read. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

const BOM = 0xef;

/** One line as an object; null where it is none. A byte order mark before it, or the NULs that a crash left, are passed over. */
export function lineOf(bytes: Buffer, from: number, to: number): Fields | null {
  let start = from;
  while (bytes[start] === 0 && start < to) start++;
  if (bytes[start] === BOM) start += 3;
  return parse(bytes.toString("utf8", start, to));
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

/** A JSON text as any value; undefined where it is none. */
export function valueOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A JSON text as an object; null where it is none. */
export function parse(json: string): Fields | null {
  const value = valueOf(json);
  return isFields(value) ? value : null;
}

/** A count as programs write it: an integer of at least 0; null where it is missing or damaged. */
export const countOf = (value: unknown): number | null =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST ? Number(value) : null;

/** Whether something is told that is not 0, be it a count or damage. */
export const isNotZero = (value: unknown): boolean => value !== undefined && value !== null && value !== 0;

/** More than any response can have; beyond it a number is damage. */
const MOST = 1e12;
