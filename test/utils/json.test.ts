import { describe, expect, test } from "bun:test";
import {
  fields,
  lineCountOf,
  lineOf,
  listOf,
  msOf,
  nanoDollarsOf,
  numberOf,
  outlineOf,
  parse,
  timeOf,
} from "../../src/utils/json.ts";
import { Random } from "../ledger/random.ts";

const LONG = 4_096;

/** The expected outline of a value: strings that are long in JSON bytes are reduced to their first plain character. */
function outlined(value: unknown): unknown {
  if (typeof value === "string") {
    if (Buffer.byteLength(JSON.stringify(value)) - 2 <= LONG) return value;
    return /^[ -~]/.test(value) && !/^["\\]/.test(value) ? value.slice(0, 1) : "";
  }
  if (Array.isArray(value)) return value.map(outlined);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, outlined(one)]));
}

const outline = (json: string): unknown => outlineOf(Buffer.from(json), 0, Buffer.byteLength(json));

describe("an outline", () => {
  test("an outline contains everything except long strings, for any characters in them", () => {
    const random = new Random(5);
    const text = (): string => {
      const start = random.pick(["", "+", "-", " ", '"', "\\", "\n", "é", "日", "\u0000", "}]"]);
      const length = random.pick([0, 3, 40, 4_080, 4_096, 4_097, 9_000, 40_000]);
      const end = random.pick(["", "\\", '"', "\\\\", '\\"', "\ud800", "😀"]);
      return start + random.text(length) + end;
    };
    for (let round = 0; round < 400; round++) {
      const value = { a: text(), [text().slice(0, 20)]: [text(), { b: text(), c: round }], d: null, e: text() };
      expect(outline(JSON.stringify(value))).toEqual(outlined(value));
      expect(outline(JSON.stringify(value, null, 1).replaceAll("\n", " "))).toEqual(outlined(value));
    }
  });

  test("an outline of a line with many quotes reduces all long strings", () => {
    const value = {
      a: '"'.repeat(9_000),
      b: '\\"'.repeat(9_000),
      c: "\\".repeat(9_001),
      d: "ok",
      e: `+${'x"'.repeat(9_000)}`,
    };
    expect(outline(JSON.stringify(value))).toEqual({ a: "", b: "", c: "", d: "ok", e: "+" });
  });

  test("an outline of a part of a buffer ignores the bytes around it", () => {
    const line = JSON.stringify({ a: "x".repeat(9_000), b: 1 });
    const bytes = Buffer.from(`{"z":1}\n${line}\n{"a":"tail`);
    expect(outlineOf(bytes, 8, 8 + line.length)).toEqual({ a: "x", b: 1 });
  });

  test("there is no outline for incomplete lines and for anything that is not an object", () => {
    const long = "x".repeat(9_000);
    for (const json of [
      `{"a":"${long}`,
      `{"a":"${long}\\"`,
      `{"a":"${long}"`,
      `{"a":"${long}"}}`,
      `["${long}"]`,
      `"${long}"`,
      long,
    ]) {
      expect(outline(json)).toBeNull();
      expect(parse(json)).toBeNull();
    }
  });

  test("NULs and a byte order mark before a line are skipped, in outlines and in full lines", () => {
    const json = `\0\0\uFEFF{"a":1}`;
    const bytes = Buffer.from(json);
    expect(outlineOf(bytes, 0, bytes.length)).toEqual({ a: 1 });
    expect(lineOf(bytes, 0, bytes.length)).toEqual({ a: 1 });
    const long = Buffer.from(`\0\uFEFF{"a":"${"x".repeat(9_000)}"}`);
    expect(outlineOf(long, 0, long.length)).toEqual({ a: "x" });
  });
});

describe("JSON with more values than a program writes", () => {
  const lists = (count: number): string => `{"a":[${"[],".repeat(count)}1]}`;

  test("JSON with too many values is not parsed, since they take fifty times its size in memory", () => {
    expect(parse(lists(1_100_000))).toBeNull();
  });

  test("a long text is parsed if only its strings contain commas and brackets", () => {
    const value = { b: '[],{"\\'.repeat(1_100_000) };
    expect(parse(JSON.stringify(value))).toEqual(value);
    expect(parse(lists(400_000))).toMatchObject({ a: expect.any(Array) });
  });
});

describe("a field of unknown type", () => {
  test("is an object with fields, or one without any", () => {
    expect(fields({ a: 1 })).toEqual({ a: 1 });
    for (const other of [null, undefined, "a", 1, [1]]) expect(fields(other)).toEqual({});
    expect(listOf([{ a: 1 }, null])).toEqual([{ a: 1 }, {}]);
  });

  test("is a finite number, or null", () => {
    expect([0, -1.5, Infinity, Number.NaN, "1", null].map(numberOf)).toEqual([0, -1.5, null, null, null, null]);
  });

  test("is a time in milliseconds, or null", () => {
    expect([1, 0, -1, 1.5, 2 ** 53, "1"].map(msOf)).toEqual([1, null, null, null, null, null]);
    expect(timeOf("2026-11-03T09:00:00.5+01:00")).toBe(Date.UTC(2026, 10, 3, 8, 0, 0, 500));
    expect(["2026-11-03", "Tue, 3 Nov 2026", "2026-13-03T09:00:00Z", 1].map(timeOf)).toEqual([null, null, null, null]);
  });

  test("is a cost in dollars, which is returned in nano-dollars, or null", () => {
    expect([0.25, 0, -1, 1e6, "1"].map(nanoDollarsOf)).toEqual([250_000_000, 0, null, null, null]);
  });

  test("is a text whose lines are counted; a newline at the end starts no new line", () => {
    expect(["", "a", "a\n", "a\nb", "\n", 1].map(lineCountOf)).toEqual([0, 1, 1, 2, 1, 0]);
  });
});
