import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bar, barChart, heatRow, sparkline } from "../../src/render/spark.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

describe("sparklines, heatmaps and bars", () => {
  test("in a sparkline only zero has the lowest level, and an unknown value is a gap", () => {
    expect(sparkline([0, 1, 50, null, 100], "unicode")).toBe("▁▂▅ █");
    expect(sparkline([0, 1, 50, null, 100], "ascii")).toBe("_.= #");
    expect(sparkline([0, 0], "unicode")).toBe("▁▁");
    expect(sparkline([], "unicode")).toBe("");
  });

  test("the rows of a heatmap share their scale", () => {
    expect(heatRow([0, 1, 5, 10, null], 10, "unicode")).toBe("·░▒█ ");
    expect(heatRow([0, 1, 5], 20, "ascii")).toBe(".::");
    expect(heatRow([30], 20, "unicode")).toBe("█");
  });

  test("a bar is empty only for zero", () => {
    expect(bar(0, 10, 8, "unicode")).toBe("");
    expect(bar(0.001, 10, 8, "unicode")).toBe("▏");
    expect(bar(5, 10, 5, "unicode")).toBe("██▌");
    expect(bar(10, 10, 5, "ascii")).toBe("#####");
    expect(bar(20, 10, 5, "unicode")).toBe("█████");
    expect(bar(5, 0, 5, "unicode")).toBe("");
  });

  test("a bar chart shows label, bar and text of each item", () => {
    const items = [
      { label: "pawprint", value: 40, text: "$40.00" },
      { label: "東京\x1b[31m", value: 10, text: "$10.00" },
      { label: "idle", value: 0, text: "$0.00" },
    ];
    expect(barChart(items, style, 38)).toEqual([
      "pawprint  ████████████████████  $40.00",
      "東京      █████                 $10.00",
      "idle                             $0.00",
    ]);
    expect(barChart([], style, 60)).toEqual([]);
  });

  test("no row of a bar chart is wider than the given width", () => {
    const item = fc.record({
      label: fc.string({ unit: "grapheme" }),
      value: fc.nat(),
      text: fc.constantFrom("1", "$1.00"),
    });
    fc.assert(
      fc.property(fc.array(item), fc.integer({ min: 1, max: 200 }), (items, columns) => {
        expect(barChart(items, style, columns).filter((row) => width(row) > columns)).toEqual([]);
      }),
    );
  });
});
