import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compactCount, count, money, share } from "../../src/render/format.ts";

describe("numbers", () => {
  test.each([
    [0, "0", "0"],
    [999, "999", "999"],
    [1_000, "1,000", "1.0k"],
    [12_345, "12,345", "12.3k"],
    [99_949, "99,949", "99.9k"],
    [99_950, "99,950", "100k"],
    [999_499, "999,499", "999k"],
    [999_500, "999,500", "1.0M"],
    [1_234_567, "1,234,567", "1.2M"],
    [9_876_543_210, "9,876,543,210", "9.9B"],
    [9_007_199_254_740_991, "9,007,199,254,740,991", "9,007T"],
    [-1_500, "-1,500", "-1.5k"],
  ])("the count %d is written as %s, or short as %s", (value, full, short) => {
    expect([count(value), compactCount(value)]).toEqual([full, short]);
  });

  test("a short count is exact to half a unit of its last digit, and at most five columns wide up to 999 T", () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_000_000_000_000 }), (value) => {
        const text = compactCount(value);
        const unit = 1_000 ** ["", "k", "M", "B", "T"].indexOf(/[a-zA-Z]/.exec(text)?.[0] ?? "");
        expect(text.length).toBeLessThanOrEqual(5);
        expect(Math.abs(Number.parseFloat(text) * unit - value)).toBeLessThanOrEqual(
          (text.includes(".") ? 0.0501 : 0.501) * unit,
        );
      }),
    );
  });

  test.each([
    [0, "$0.00"],
    [1, "<$0.01"],
    [9_999, "<$0.01"],
    [10_000, "$0.01"],
    [14_999, "$0.01"],
    [15_000, "$0.02"],
    [999_995_000, "$1,000.00"],
    [1_234_560_000, "$1,234.56"],
    [-1_230_000, "-$1.23"],
    [-5, "-<$0.01"],
  ])("%d micro-dollars are written as %s", (micros, text) => expect(money(micros)).toBe(text));

  test.each([
    [0, "0.0%"],
    [0.04, "<0.1%"],
    [12.34, "12.3%"],
    [99.97, "99.9%"],
    [100, "100.0%"],
    [250, "250.0%"],
  ])("%d percent is written as %s", (percent, text) => expect(share(percent)).toBe(text));
});
