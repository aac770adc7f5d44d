import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bar, barChart, heatRow, shadesOf, sparkline } from "../../src/render/spark.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";

const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

describe("sparklines, heatmaps and bars", () => {
  test("in a sparkline only zero has the lowest level, and an unknown value is a gap", () => {
    expect(sparkline([0, 1, 50, null, 100], "unicode")).toBe("▁▂▅ █");
    expect(sparkline([0, 1, 50, null, 100], "ascii")).toBe("_.= #");
    expect(sparkline([0, 0], "unicode")).toBe("▁▁");
    expect(sparkline([], "unicode")).toBe("");
  });

  test("the shades of a heatmap stand for equal parts of the counts, so that an outlier leaves the others apart", () => {
    const counts = [0, 1, 2, 3, 4, 5, 6, 7, 5_000];
    const shades = shadesOf(counts, "unicode");
    expect(heatRow(counts, shades)).toBe("·░░▒▒▓▓██");
    expect(shades).toEqual([
      { sign: "·", from: 0, to: 0 },
      { sign: "░", from: 1, to: 2 },
      { sign: "▒", from: 3, to: 4 },
      { sign: "▓", from: 5, to: 6 },
      { sign: "█", from: 7, to: 5_000 },
    ]);
    expect(heatRow(counts, shadesOf(counts, "ascii"))).toBe(".::++**##");
  });

  test("a heatmap of few different counts uses its darkest shade, and zeros have the lightest", () => {
    expect(heatRow([0, 3, 3], shadesOf([0, 3, 3], "unicode"))).toBe("·██");
    expect(heatRow([1, 1, 1, 1, 1, 9], shadesOf([1, 1, 1, 1, 1, 9], "unicode"))).toBe("▒▒▒▒▒█");
    expect(heatRow([0, 0], shadesOf([0, 0], "unicode"))).toBe("··");
  });

  test("each count of a heatmap is within the range of its shade, and a larger count is never lighter", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1_000 }), { minLength: 1 }), (counts) => {
        const shades = shadesOf(counts, "unicode");
        const signs = Array.from(heatRow(counts, shades));
        counts.forEach((count, at) => {
          const shade = shades.find(({ sign }) => sign === signs[at]);
          expect(shade && shade.from <= count && count <= shade.to).toBe(true);
        });
        const ranks = counts.toSorted((a, b) => a - b).map((count) => "·░▒▓█".indexOf(heatRow([count], shades)));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
    );
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
