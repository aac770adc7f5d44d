import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layout, type Piece } from "../../src/line/layout.ts";
import { clean, cut, duration, styleOf, width } from "../../src/utils/terminal.ts";

const look = styleOf({ theme: "classic", glyphs: "unicode", colour: true, links: true });
const piece = (text: string, priority: number, row: 1 | 2 = 1): Piece => ({ text, priority, row });

describe("layout", () => {
  const pieces = [piece("aaaa", 90), piece("bbbb", 10), piece("cccc", 50), piece("dddd", 80, 2)];

  test("keeps all in order where there is room, on one row or two", () => {
    expect(layout(pieces, 2, 40, look)).toEqual(["aaaa  bbbb  cccc", "dddd"]);
    expect(layout(pieces, 1, 40, look)).toEqual(["aaaa  bbbb  cccc  dddd"]);
  });

  test("drops by priority, then cuts what is left", () => {
    expect(layout(pieces, 2, 15, look)).toEqual(["aaaa  cccc", "dddd"]);
    expect(layout(pieces, 2, 9, look)).toEqual(["aaaa", "dddd"]);
    expect(layout(pieces, 2, 3, look)).toEqual(["aa…", "dd…"]);
  });

  test("a row without pieces is no row", () => {
    expect(layout([piece("x", 1, 2)], 2, 10, look)).toEqual(["x"]);
    expect(layout([], 2, 10, look)).toEqual([]);
  });

  test("never wider than the room, whatever the text: CJK, emoji, colours, links", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
      fc.constantFrom("日本語テスト", "🚀👩‍👩‍👧‍👦 x", look.link("https://example.com/", "link"), look.paint("alarm", "99%")),
    );
    const made = fc.array(fc.record({ text, priority: fc.nat(100), row: fc.constantFrom(1 as const, 2 as const) }));
    fc.assert(
      fc.property(
        made,
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom(1 as const, 2 as const),
        (all, columns, rows) => {
          const safe = all.map((one) => ({ ...one, text: one.text.includes("\u001b") ? one.text : clean(one.text) }));
          for (const row of layout(safe, rows, columns, look)) expect(width(row)).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("a cut link and a cut colour are closed", () => {
    const row = cut(look.link("https://example.com/", look.paint("warn", "abcdefgh")), 5);
    expect(width(row)).toBe(5);
    expect(row.lastIndexOf("\u001b]8;;\u001b\\")).toBeGreaterThan(row.indexOf("https"));
    expect(row).toMatch(/\u001b\[(0|39)?m/);
  });
});

describe("text from outside", () => {
  test("10,000 strings: no control, no escape, no bidi mark, one line, idempotent, not longer than the cap", () => {
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

  test("a megabyte is no burden", () => {
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
])("a stretch of %d ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
