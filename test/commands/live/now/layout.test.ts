import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layOutPanels, type Panel } from "../../../../src/commands/live/now/layout.ts";
import { styleOf, width as widthOf } from "../../../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

/** A panel whose lines are its name and their number. */
const panelOf = (title: string, change: Partial<Panel> = {}): Panel => ({
  title,
  priority: 1,
  column: 0,
  min: 2,
  want: () => 4,
  lines: (_, rows) => Array.from({ length: rows }, (__, row) => `${title}${row + 1}`),
  ...change,
});

/** The layout of panels in one band, with a row of names for each line. */
const laidOut = (panels: readonly Panel[], width: number, height: number): string[] =>
  layOutPanels([{ maxColumns: 3, panels }], width, height, style).map((line) =>
    line.replaceAll(/ ─+/g, "").replaceAll(/ {2,}/g, " "),
  );

describe("layOutPanels", () => {
  test("keeps panels of high priority where there is not enough space, in the order given", () => {
    const panels = [panelOf("A", { priority: 1 }), panelOf("B", { priority: 3 }), panelOf("C", { priority: 2 })];
    expect(laidOut(panels, 50, 6)).toEqual(["B", "B1", "B2", "C", "C1", "C2"]);
  });

  test("gives the rows that are left to panels in turn, to each as many as it wants", () => {
    const panels = [panelOf("A", { priority: 2, want: () => 3 }), panelOf("B")];
    expect(laidOut(panels, 50, 8)).toEqual(["A", "A1", "A2", "A3", "B", "B1", "B2", "B3"]);
    expect(laidOut(panels, 50, 20).length).toBe(9);
  });

  test("puts panels side by side where the width allows it, by their columns", () => {
    const panels = [panelOf("A"), panelOf("B", { column: 1 }), panelOf("C", { column: 2 })];
    expect(laidOut(panels, 200, 3)).toEqual(["A B C", "A1 B1 C1", "A2 B2 C2"]);
    expect(laidOut(panels, 120, 6)).toEqual(["A B", "A1 B1", "A2 B2", "A3 C", "A4 C1", " C2"]);
  });

  test("leaves out a panel that wants nothing, and gives one without a title no title row", () => {
    expect(laidOut([panelOf("A", { want: () => 0 }), panelOf("", { min: 1, want: () => 1 })], 50, 5)).toEqual(["1"]);
  });

  test("property: never more lines than the height, and no line wider than the width", () => {
    const panel = fc
      .record({
        title: fc.string({ maxLength: 20 }),
        priority: fc.nat(9),
        column: fc.nat(3),
        min: fc.nat(5),
        want: fc.nat(30),
        text: fc.string({ unit: "grapheme", maxLength: 300 }),
      })
      .map(({ want, text, ...one }): Panel => ({
        ...one,
        want: () => want,
        lines: (_, rows) => Array<string>(rows).fill(text),
      }));
    const bands = fc.array(
      fc.record({ maxColumns: fc.integer({ min: 1, max: 4 }), panels: fc.array(panel, { maxLength: 5 }) }),
    );
    fc.assert(
      fc.property(bands, fc.integer({ min: 1, max: 250 }), fc.nat(70), (given, width, height) => {
        const lines = layOutPanels(given, width, height, style);
        expect(lines.length).toBeLessThanOrEqual(height);
        expect(Math.max(0, ...lines.map(widthOf))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
