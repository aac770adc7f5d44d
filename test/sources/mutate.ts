import { isFields, parseValue } from "../../src/utils/json.ts";
import type { Random } from "./random.ts";

/** A damaged record, and how it was damaged. */
export interface Mutant {
  readonly how: string;
  readonly bytes: Buffer;
}

/** Position of a value within another value. */
export type Path = readonly (string | number)[];

/** Yields every value that contains no others, with its path. */
export function* leavesOf(value: unknown, path: Path = []): Generator<{ path: Path; value: unknown }> {
  if (typeof value !== "object" || value === null) yield { path, value };
  else for (const [name, inner] of Object.entries(value)) yield* leavesOf(inner, [...path, name]);
}

/** Returns the value at a path; undefined if there is none. */
export function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const name of path) here = isHolder(here) && Object.hasOwn(here, name) ? here[name] : undefined;
  return here;
}

type Holder = Record<string | number, unknown>;
const isHolder = (value: unknown): value is Holder => typeof value === "object" && value !== null;

/** Returns a copy with a changed value at a path. */
export function withValue(
  value: unknown,
  path: Path,
  change: (holder: Holder, name: string | number) => void,
): unknown {
  const copy = structuredClone(value);
  const holder = at(copy, path.slice(0, -1));
  const name = path.at(-1);
  if (isHolder(holder) && name !== undefined) change(holder, name);
  return copy;
}

/** Placeholder for JSON text that no value serializes to. */
const RAW = "\u{e000}raw\u{e000}";

/** JSON values that a program should never write, and texts that are not valid JSON. */
const ODD: readonly string[] = [
  "9".repeat(400),
  '"\u001b[31m"',
  '"\u202e"',
  ..."null true false {} [] 0 -0 -1 -9007199254740993 1.5 0.1 1e-7 1000000000001 9007199254740993 1e308 1e400 -1e400".split(
    " ",
  ),
  ..."NaN Infinity undefined 017 0x10 +1 .5 5. 'a' 1e18 8640000000000001 -62135596800000 [1] [[[]]]".split(" "),
  ...String.raw`{"value":1} {"__proto__":{"input":5}} {"length":-1} "" "abc" "NaN" "12" "-5" "1e3" "\ud800" "\u0000"`.split(
    " ",
  ),
  ...String.raw`"a\nb\tc" "__proto__" "constructor" "../../x" "2026-13-45T99:99:99Z" "2026-11-20T10:00:00"`.split(" "),
  ...'"0000-00-00T00:00:00Z" "275760-09-13T00:00:00.001Z" "+275760-09-13T00:00:00.001Z"'.split(" "),
];

/** Names with a special meaning in JavaScript objects. */
const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "length", "then", "", "\0", "0"];

/** Ways to damage bytes, whatever they contain. */
const inBytes: Readonly<Record<string, (bytes: Buffer, random: Random) => Uint8Array>> = {
  "a bit"(bytes, random) {
    const copy = Buffer.from(bytes);
    const place = random.below(copy.length);
    copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  "a byte": (bytes, random) => bytes.with(random.below(bytes.length), random.below(256)),
  cut: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  "cut before": (bytes, random) => bytes.subarray(1 + random.below(bytes.length)),
  "nothing left": () => Buffer.alloc(0),
  "a hole": (bytes, random) => splice(bytes, random.below(bytes.length), 1 + random.below(40), ""),
  "NULs within": (bytes, random) => splice(bytes, random.below(bytes.length), 0, "\0".repeat(1 + random.below(9))),
  "NULs instead": (bytes) => Buffer.alloc(bytes.length),
  "NULs before": (bytes) => splice(bytes, 0, 0, "\0\0\0\0"),
  "a mark before": (bytes) => splice(bytes, 0, 0, "\u{feff}"),
  "no UTF-8": (bytes, random) =>
    splice(
      bytes,
      random.below(bytes.length),
      0,
      Buffer.from(random.of(["ff", "c328", "eda080", "f09f", "c080"]), "hex"),
    ),
  "a carriage return": (bytes) => splice(bytes, bytes.length, 0, "\r"),
  "torn by a newline": (bytes, random) => splice(bytes, random.below(bytes.length), 0, "\n"),
  "written over": (bytes, random) => Buffer.concat([bytes.subarray(0, random.below(bytes.length)), bytes]),
  "two in one line": (bytes) => Buffer.concat([bytes, bytes]),
  "spaces within": (bytes) => Buffer.from(bytes.toString("utf8").replaceAll('":', '" : ').replaceAll(',"', ' , "')),
};

function splice(bytes: Buffer, from: number, count: number, put: string | Buffer): Buffer {
  return Buffer.concat([
    bytes.subarray(0, from),
    typeof put === "string" ? Buffer.from(put) : put,
    bytes.subarray(from + count),
  ]);
}

type InValue = (value: unknown, path: Path, random: Random) => { value: unknown; raw?: string };

const set = (value: unknown, path: Path, to: unknown): unknown =>
  withValue(value, path, (holder, name) => void (holder[name] = to));

/** Ways to damage the value at a path. */
const inValue: Readonly<Record<string, InValue>> = {
  "an odd value": (value, path, random) => ({ value: set(value, path, RAW), raw: random.of(ODD) }),
  "nothing there": (value, path) => ({
    value: withValue(value, path, (holder, name) => {
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else delete holder[name];
    }),
  }),
  "deep nesting": (value, path, random) => {
    const deep = random.of([100, 1_000, 5_000]);
    const [open, close] = random.of([
      ["[", "]"],
      ['{"a":', "}"],
    ] as const);
    return {
      value: set(value, path, RAW),
      raw: `${open.repeat(deep)}1${random.below(2) === 0 ? "" : close.repeat(deep)}`,
    };
  },
  "a huge text": (value, path, random) => ({
    value: set(value, path, random.of(["x", "é", "\0", "😀"]).repeat(20_000)),
  }),
  "another name": (value, path, random) => ({
    value: withValue(value, path, (holder, name) => {
      const inner = holder[name];
      if (Array.isArray(holder)) return;
      delete holder[name];
      Object.defineProperty(holder, random.of(NAMES), { value: inner, enumerable: true });
    }),
  }),
  "duplicate key": (value, path, random) => ({
    value: set(value, path, RAW),
    raw: `${JSON.stringify(at(value, path) ?? null)},${JSON.stringify(path.at(-1) ?? "")}:${random.of(ODD)}`,
  }),
  "a prototype": (value, path, random) => ({
    value: set(value, path, RAW),
    raw: `${JSON.stringify(at(value, path) ?? null)},"__proto__":${random.of(ODD)}`,
  }),
};

/** Returns a damaged record. If it is JSON, one third of the damage is to its bytes and the rest to a value in it. */
export function mutant(bytes: Buffer, random: Random): Mutant {
  const value = parseValue(bytes.toString("utf8"));
  if (bytes.length > 0 && (!isFields(value) || random.below(3) === 0)) {
    const [how, change] = random.of(Object.entries(inBytes));
    return { how, bytes: Buffer.from(change(bytes, random)) };
  }
  const leaves = [...leavesOf(value)].filter(({ path }) => path.length > 0);
  // Short values are written by programs; the rest is mostly text.
  const short = leaves.filter(({ value: leaf }) => typeof leaf !== "string" || leaf.length < 60);
  const some = random.below(4) === 0 || short.length === 0 ? leaves : short;
  if (some.length === 0) return { how: "as it was", bytes };
  const { path } = random.of(some);
  // Sometimes damage an enclosing value instead.
  const depth = random.below(3) === 0 ? 1 + random.below(path.length) : path.length;
  const [how, change] = random.of(Object.entries(inValue));
  const made = change(value, path.slice(0, depth), random);
  const json = JSON.stringify(made.value).replace(JSON.stringify(RAW), () => made.raw ?? "");
  return { how: `${how} at ${path.slice(0, depth).join(".")}`, bytes: Buffer.from(json) };
}

const ID = /[\w-]{8,}/g;

/** Returns what looks like ids in a text; times and numbers do not. */
export const idsIn = (text: string): string[] =>
  (text.match(ID) ?? []).filter((word) => /\d/.test(word) && !/^[\dT-]*$/.test(word));

/** Returns a record with some of its ids changed to unused ones, derived from a number below a million. */
export function renumbered(bytes: Buffer, ids: ReadonlySet<string>, number: number): Buffer {
  const end = `f${number.toString(16).padStart(5, "0")}`;
  // In latin1 every byte stays the same.
  const text = bytes.toString("latin1").replace(ID, (word) => (ids.has(word) ? word.slice(0, -6) + end : word));
  return Buffer.from(text, "latin1");
}
