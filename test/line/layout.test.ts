import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layout, type LinePiece } from "../../src/line/layout.ts";
import { clean, cut, duration, styleOf, width } from "../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: true, links: true });
const piece = (text: string, priority: number, row: 1 | 2 = 1): LinePiece => ({ text, priority, row });

describe("layout", () => {
  const pieces = [piece("aaaa", 90), piece("bbbb", 10), piece("cccc", 50), piece("dddd", 80, 2)];

  test("keeps all pieces in order if they fit, on one row or two", () => {
    expect(layout(pieces, 2, 40, style)).toEqual(["aaaa  bbbb  cccc", "dddd"]);
    expect(layout(pieces, 1, 40, style)).toEqual(["aaaa  bbbb  cccc  dddd"]);
  });

  test("drops pieces by priority, then cuts the last one", () => {
    expect(layout(pieces, 2, 15, style)).toEqual(["aaaa  cccc", "dddd"]);
    expect(layout(pieces, 2, 9, style)).toEqual(["aaaa", "dddd"]);
    expect(layout(pieces, 2, 3, style)).toEqual(["aa…", "dd…"]);
  });

  test("leaves out a row without pieces", () => {
    expect(layout([piece("x", 1, 2)], 2, 10, style)).toEqual(["x"]);
    expect(layout([], 2, 10, style)).toEqual([]);
  });

  test("is never wider than its columns for CJK, emoji, colours and links", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
      fc.constantFrom(
        "日本語テスト",
        "🚀👩‍👩‍👧‍👦 x",
        style.link("https://example.com/", "link"),
        style.paint("alarm", "99%"),
      ),
    );
    const made = fc.array(fc.record({ text, priority: fc.nat(100), row: fc.constantFrom(1 as const, 2 as const) }));
    fc.assert(
      fc.property(
        made,
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom(1 as const, 2 as const),
        (all, columns, rows) => {
          const safe = all.map((one) => ({ ...one, text: one.text.includes("\u001b") ? one.text : clean(one.text) }));
          for (const row of layout(safe, rows, columns, style)) expect(width(row)).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("closes a link and a colour that it cuts", () => {
    const row = cut(style.link("https://example.com/", style.paint("warn", "abcdefgh")), 5);
    expect(width(row)).toBe(5);
    expect(row.lastIndexOf("\u001b]8;;\u001b\\")).toBeGreaterThan(row.indexOf("https"));
    expect(row).toMatch(/\u001b\[(0|39)?m/);
  });
});

describe("text from outside", () => {
  test("loses controls, escapes, bidi marks and line breaks, is not longer than the limit, and cleaning it twice changes nothing", () => {
    const nasty = fc.constantFrom(
      "\u001b[31m",
      "\u001b]8;;http://x\u0007",
      "\u009b2J",
      "\u202e",
      "\u2066",
      "\r\n",
      "\0",
      "\u200b",
      "\ud800",
      "\udc00",
      "\u001b\u001b[31m[31m",
      "\u{e0041}",
      "\u2028",
      "\ufeff",
    );
    const text = fc
      .array(
        fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 8 }), fc.string({ unit: "grapheme", maxLength: 8 })),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 60 }), (given, cap) => {
        const safe = clean(given, cap);
        expect(safe).not.toMatch(/[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
        expect(safe.isWellFormed()).toBe(true);
        expect(Array.from(safe).length).toBeLessThanOrEqual(cap);
        expect(clean(safe, cap)).toBe(safe);
      }),
      { numRuns: 10_000 },
    );
  });

  test("is cleaned even if it is a megabyte long", () => {
    expect(clean("\u001b[31m日".repeat(200_000), 40)).toHaveLength(40);
  });
});

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [60_000, "1m"],
  [3_599_999, "59m"],
  [8_220_000, "2h17m"],
  [86_400_000, "1d00h"],
  [363_600_000, "4d05h"],
  [-5, "0s"],
])("a duration of %d ms is shown as %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
