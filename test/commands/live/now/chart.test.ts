import { describe, expect, test } from "bun:test";
import { columnChart, gauge } from "../../../../src/commands/live/now/chart.ts";
import { styleOf } from "../../../../src/utils/terminal.ts";

const styleWith = (glyphs: "unicode" | "ascii") => styleOf({ theme: "classic", glyphs, colour: false, links: false });
const unicode = styleWith("unicode");

/** A chart of some values, as lines. */
const chartOf = (values: readonly (number | null)[], width: number, rows: number, style = unicode): string[] =>
  columnChart(
    {
      values,
      text: String,
      labels: [
        [0, "a"],
        [values.length - 1, "z"],
      ],
      role: "good",
    },
    width,
    rows,
    style,
  );

describe("columnChart", () => {
  test("draws each value in proportion to the largest, and anything above 0 at least as the lowest level", () => {
    expect(chartOf([0, 1, 8, 16, null], 8, 3)).toEqual(["16    █", " 0  ▁██", "   a   z"]);
  });

  test("draws a value wider where there is space, and the mean of several where there is not", () => {
    expect(chartOf([4, 8], 6, 2)).toEqual(["8 ▄▄██", "  a  z"]);
    expect(chartOf([4, 8, 2, 2], 4, 2)).toEqual(["6 █▃", "  a"]);
  });

  test("leaves out the oldest values where only a few do not fit, instead of taking means", () => {
    expect(chartOf([8, 1, 8, 8, 8, 8, 8, 8, 8, 8], 11, 2)).toEqual(["8 ▁████████", "          z"]);
  });

  test("draws in ASCII where the glyphs are", () => {
    expect(chartOf([3, 6, 9], 5, 2, styleWith("ascii"))).toEqual(["9 .:#", "  a z"]);
  });

  test("draws nothing for values of 0, without a division by 0", () => {
    expect(chartOf([0, 0], 5, 2)).toEqual(["0 ", "  a"]);
  });
});

describe("gauge", () => {
  test("marks the even pace inside the bar", () => {
    expect(gauge(50, 25, 8, "good", unicode)).toBe("▰▰│▰▱▱▱▱");
    expect(gauge(50, 100, 8, "good", unicode)).toBe("▰▰▰▰▱▱▱│");
    expect(gauge(0, 0, 4, "good", styleWith("ascii"))).toBe("|---");
    expect(gauge(50, null, 4, "good", unicode)).toBe("▰▰▱▱");
  });
});
