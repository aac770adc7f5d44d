import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Band, columnsFor, layOutPanels, type Panel } from "../../../../src/commands/live/now/layout.ts";
import { styleOf, width as widthOf } from "../../../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

/** A panel whose lines are its name and their number. */
const panelOf = (title: string, change: Partial<Panel> = {}): Panel => ({
  title,
  priority: 1,
  min: 2,
  want: () => 4,
  lines: (_, rows) => Array.from({ length: rows }, (__, row) => `${title}${row + 1}`),
  ...change,
});

/** The layout of one band, without rules. */
const laidOut = (columns: Band, width: number, height: number): string[] =>
  layOutPanels([columns], width, height, style).map((line) => line.replaceAll(/ ─+/g, "").replaceAll(/ {2,}/g, " "));

describe("layOutPanels", () => {
  test("keeps panels of high priority where there is not enough space, in the order given", () => {
    const panels = [panelOf("A", { priority: 1 }), panelOf("B", { priority: 3 }), panelOf("C", { priority: 2 })];
    expect(laidOut([panels], 50, 6)).toEqual(["B", "B1", "B2", "C", "C1", "C2"]);
  });

  test("gives the rows that are left to panels in turn, to each as many as it wants", () => {
    const panels = [panelOf("A", { priority: 2, want: () => 3 }), panelOf("B")];
    expect(laidOut([panels], 50, 8)).toEqual(["A", "A1", "A2", "A3", "B", "B1", "B2", "B3"]);
    expect(laidOut([panels], 50, 20).length).toBe(9);
  });

  test("puts columns of panels side by side, the next band below them", () => {
    const [a, b, c] = ["A", "B", "C"].map((title) => panelOf(title, { want: () => 2 }));
    if (!a || !b || !c) throw new Error("no panels");
    expect(laidOut([[a], [b], [c]], 200, 9)).toEqual(["A B C", "A1 B1 C1", "A2 B2 C2"]);
    expect(laidOut([[a], [b, c]], 120, 9)).toEqual(["A B", "A1 B1", "A2 B2", " C", " C1", " C2"]);
    const lines = layOutPanels([[[a]], [[b], [c]]], 40, 9, style).map((line) => line.replaceAll(/[ ─]+/g, " ").trim());
    expect(lines).toEqual(["A", "A1", "A2", "B C", "B1 C1", "B2 C2"]);
  });

  test("a screen has as many columns of panels as its width allows", () => {
    expect([40, 80, 111, 112, 140, 168, 169, 200, 400].map(columnsFor)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  test("leaves out a panel that wants nothing, and gives one without a title no title row", () => {
    expect(laidOut([[panelOf("A", { want: () => 0 }), panelOf("", { min: 1, want: () => 1 })]], 50, 5)).toEqual(["1"]);
  });

  test("property: never more lines than the height, and no line wider than the width", () => {
    const panel = fc
      .record({
        title: fc.string({ maxLength: 20 }),
        priority: fc.nat(9),
        min: fc.nat(5),
        want: fc.nat(30),
        text: fc.string({ unit: "grapheme", maxLength: 300 }),
      })
      .map(({ want, text, ...one }): Panel => ({
        ...one,
        want: () => want,
        lines: (_, rows) => Array<string>(rows).fill(text),
      }));
    const column = fc.array(panel, { maxLength: 5 });
    const bands = fc.array(fc.array(column, { minLength: 1, maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(bands, fc.integer({ min: 1, max: 250 }), fc.nat(70), (given, width, height) => {
        const lines = layOutPanels(given, width, height, style);
        expect(lines.length).toBeLessThanOrEqual(height);
        expect(Math.max(0, ...lines.map(widthOf))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
