import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bodyRows, frameOf, helpLines } from "../../../src/commands/live/frame.ts";
import { firstView } from "../../../src/commands/live/view-state.ts";
import { styleOf, width as widthOf } from "../../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });
const numbered = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`);

/** A frame of 50 numbered lines. */
const frame = (change: Partial<typeof firstView>, columns = 80, rows = 12, status: string | null = null): string[] =>
  frameOf({ ...firstView, ...change }, { lines: numbered, status, time: "13:45" }, { columns, rows }, style);

describe("the frame of live", () => {
  test("shows the part of a long page that was scrolled to, and where it is", () => {
    const lines = frame({ offset: 20 });
    expect(lines[1]).toBe("line 21");
    expect(lines.at(-1)).toContain("lines 21-30 of 50");
    expect(frame({ offset: 45 })[1]).toBe("line 41");
  });

  test("names the period of a page that has one", () => {
    expect(frame({ page: 5 }).at(-1)).toContain("7 days");
    expect(frame({ page: 2 }).at(-1)).not.toMatch(/days|period/);
  });

  test("names all pages where they fit, and the one shown everywhere", () => {
    expect(frame({ page: 3 })[0]).toContain("9 ");
    expect(frame({ page: 3 }, 120)[0]).toMatch(/1 now .* 4 daily .* 9 /);
    expect(frame({ page: 3 }, 40)[0]).toBe("1  2  3  4 daily  5  6  7  8  9");
  });

  test("a status takes up to three rows of the page, and no word of it is cut", () => {
    const lines = frame({}, 80, 12, "the ledger is busy");
    expect(lines.at(-2)).toBe("the ledger is busy");
    expect(lines.length).toBe(12);
    expect(bodyRows({ columns: 80, rows: 12 }, "the ledger is busy")).toBe(9);
    expect(frame({}, 30, 12, "the ledger is damaged; run: pawprint rebuild").slice(-3, -1)).toEqual([
      "the ledger is damaged; run:",
      "pawprint rebuild",
    ]);
    expect(bodyRows({ columns: 10, rows: 12 }, "word ".repeat(100))).toBe(7);
  });

  test("property: a frame has one line for each row, and none is wider than the screen", () => {
    const status = fc.option(fc.string({ maxLength: 200 }));
    fc.assert(
      fc.property(
        fc.nat(8),
        fc.nat(100),
        fc.boolean(),
        fc.integer({ min: 1, max: 220 }),
        fc.nat(60),
        status,
        (page, offset, isHelp, columns, rows, text) => {
          const lines = frame({ page, offset, isHelp }, columns, rows, text);
          expect(lines.length).toBe(Math.max(rows, Math.min(rows, 2)));
          expect(Math.max(0, ...lines.map(widthOf))).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  test("the help fits 80 columns and 24 rows", () => {
    const lines = helpLines(style, 80);
    expect(lines.length).toBeLessThanOrEqual(bodyRows({ columns: 80, rows: 24 }, null));
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
  });
});
