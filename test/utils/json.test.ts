import { describe, expect, test } from "bun:test";
import { lineOf, outlineOf, parse } from "../../src/utils/json.ts";
import { Random } from "../ledger/random.ts";

const LONG = 4_096;

/** What an outline of a value must be: long strings, by the bytes that they take in JSON, are their first plain character. */
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
  test("holds everything but long strings, whatever is in them", () => {
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

  test("of a line with dense quotes is the same", () => {
    const value = {
      a: '"'.repeat(9_000),
      b: '\\"'.repeat(9_000),
      c: "\\".repeat(9_001),
      d: "ok",
      e: `+${'x"'.repeat(9_000)}`,
    };
    expect(outline(JSON.stringify(value))).toEqual({ a: "", b: "", c: "", d: "ok", e: "+" });
  });

  test("is cut out of the middle of what surrounds it", () => {
    const line = JSON.stringify({ a: "x".repeat(9_000), b: 1 });
    const bytes = Buffer.from(`{"z":1}\n${line}\n{"a":"tail`);
    expect(outlineOf(bytes, 8, 8 + line.length)).toEqual({ a: "x", b: 1 });
  });

  test("is none of what is no object, or ends within a string", () => {
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

  test("passes over what a crash left before the line, as a line does", () => {
    const json = `\0\0\uFEFF{"a":1}`;
    const bytes = Buffer.from(json);
    expect(outlineOf(bytes, 0, bytes.length)).toEqual({ a: 1 });
    expect(lineOf(bytes, 0, bytes.length)).toEqual({ a: 1 });
    const long = Buffer.from(`\0\uFEFF{"a":"${"x".repeat(9_000)}"}`);
    expect(outlineOf(long, 0, long.length)).toEqual({ a: "x" });
  });
});

describe("a text of more values than a program writes", () => {
  const lists = (count: number): string => `{"a":[${"[],".repeat(count)}1]}`;

  test("is not parsed, since its values take fifty times its room", () => {
    expect(parse(lists(1_100_000))).toBeNull();
  });

  test("is told from a long text, whatever its strings hold", () => {
    const said = { b: '[],{"\\'.repeat(1_100_000) };
    expect(parse(JSON.stringify(said))).toEqual(said);
    expect(parse(lists(400_000))).toMatchObject({ a: expect.any(Array) });
  });
});
