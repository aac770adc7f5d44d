import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type WindowSeries,
  forecastOf,
  perPercentOf,
  type Point,
  ratesOf,
  risesOf,
} from "../../../../src/reports/shared/limits/forecast.ts";

const HOUR = 3_600_000;
const OPENED = Date.parse("2026-11-20T07:00:00Z");
const RESET = OPENED + 5 * HOUR;

/** A window with points at some hours since it opened. */
const series = (...points: readonly (readonly [hours: number, percent: number])[]): WindowSeries => ({
  opened: OPENED,
  resetsAt: RESET,
  points: points.map(([hours, percent]) => ({ at: OPENED + hours * HOUR, percent })),
});

/** Generates windows whose points never fall, and a time after the last point. */
const anySeries = fc
  .record({
    length: fc.constantFrom(5 * HOUR, 168 * HOUR),
    steps: fc.array(fc.record({ wait: fc.double({ min: 0.001, max: 0.2, noNaN: true }), rise: fc.nat(30) }), {
      minLength: 3,
      maxLength: 20,
    }),
    later: fc.nat(3 * HOUR),
  })
  .map(({ length, steps, later }) => {
    const points: Point[] = [];
    let [at, percent] = [OPENED, 0];
    for (const { wait, rise } of steps) {
      at += Math.round(wait * length * 0.2);
      percent = Math.min(percent + rise, 100);
      points.push({ at, percent });
    }
    return { series: { opened: OPENED, resetsAt: OPENED + length, points }, now: at + later };
  });

describe("the forecast of a window", () => {
  test("at a steady rate, the window is full where the line reaches 100", () => {
    const forecast = forecastOf(series([0.5, 15], [1, 30], [1.5, 45], [2, 60]), OPENED + 2 * HOUR);
    expect(forecast?.kind).toBe("wall");
    if (forecast?.kind !== "wall") return;
    for (const at of [forecast.at, forecast.early, forecast.late]) {
      expect(Math.abs((at ?? 0) - (OPENED + (100 / 30) * HOUR))).toBeLessThan(1);
    }
  });

  test("after the rate fell, the range spans the slowest and the fastest rate, and the window may not get full", () => {
    const forecast = forecastOf(series([0.5, 20], [1, 40], [1.5, 50], [2, 52], [2.5, 54]), OPENED + 2.5 * HOUR);
    expect(forecast).toMatchObject({ kind: "stands", rates: 4 });
    if (forecast?.kind !== "stands") return;
    // 4 % an hour over half an hour and an hour, 17 over two hours, 21.6 over the whole window: the median is 10.5.
    expect(forecast.percent).toBeCloseTo(54 + 2.5 * 10.5, 6);
    expect(forecast.low).toBeCloseTo(64, 6);
    expect(forecast.high).toBe(100);
    expect(forecast.early).toBeCloseTo(OPENED + (2.5 + 46 / 21.6) * HOUR, -1);
  });

  test("there is no forecast from fewer than three points, after the reset, or from a few minutes", () => {
    expect(forecastOf(series([1, 10], [2, 20]), OPENED + 2 * HOUR)).toBeNull();
    expect(forecastOf(series([1, 10], [2, 20], [3, 30]), RESET)).toBeNull();
    expect(forecastOf(series([0.01, 1], [0.02, 2], [0.03, 3]), OPENED + 0.03 * HOUR)).toBeNull();
  });

  test("a full window is full now, and a window without use keeps its percentage", () => {
    const now = OPENED + 3 * HOUR;
    expect(forecastOf(series([1, 50], [2, 90], [3, 100]), now)).toMatchObject({
      kind: "wall",
      isFull: true,
      at: now,
      early: now,
      late: now,
    });
    expect(forecastOf(series([1, 0], [2, 0], [3, 0]), now)).toMatchObject({
      kind: "stands",
      percent: 0,
      low: 0,
      high: 0,
    });
  });

  test("a forecast is never in the past or after the reset, never below the used percentage, and within its own range", () => {
    fc.assert(
      fc.property(anySeries, ({ series, now }) => {
        const forecast = forecastOf(series, now);
        if (forecast === null) return;
        const used = series.points.at(-1)?.percent ?? 0;
        if (forecast.kind === "wall") {
          const { early, at, late } = forecast;
          expect(early).toBeGreaterThanOrEqual(now);
          expect(at).toBeGreaterThanOrEqual(early);
          expect(late ?? at).toBeGreaterThanOrEqual(at);
          expect(Math.max(at, early, late ?? 0)).toBeLessThan(series.resetsAt);
        } else {
          const { low, percent, high, early } = forecast;
          expect(low).toBeGreaterThanOrEqual(used);
          expect(percent).toBeGreaterThanOrEqual(low);
          expect(high).toBeGreaterThanOrEqual(percent);
          expect(high).toBeLessThanOrEqual(100);
          expect(early ?? now).toBeGreaterThanOrEqual(now);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("more usage never gives a later full time or a lower percentage", () => {
    fc.assert(
      fc.property(anySeries, fc.double({ min: 0.1, max: 1, noNaN: true }), ({ series, now }, factor) => {
        const less = { ...series, points: series.points.map(({ at, percent }) => ({ at, percent: percent * factor })) };
        const [more, fewer] = [forecastOf(series, now), forecastOf(less, now)];
        if (more === null || fewer === null) return;
        const wall = (one: typeof more): number => (one.kind === "wall" ? one.at : Infinity);
        const stand = (one: typeof more): number => (one.kind === "wall" ? 100 : one.percent);
        expect(wall(more)).toBeLessThanOrEqual(wall(fewer) + 1);
        expect(stand(more)).toBeGreaterThanOrEqual(stand(fewer) - 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  test("rates are sorted, not negative, and no interval counts twice", () => {
    fc.assert(
      fc.property(anySeries, ({ series }) => {
        const rates = ratesOf(series);
        expect(rates).toEqual(rates.toSorted((a, b) => a - b));
        expect(rates.every((rate) => rate >= 0)).toBe(true);
        expect(rates.length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

describe("amounts per percent", () => {
  test("a rise begins where the previous one ended, and a fall restarts", () => {
    const points = [0, 0.4, 1, 1, 3, 0, 2].map((percent, at) => ({ at, percent }));
    expect(risesOf(points)).toEqual([
      { from: 0, to: 2, percent: 1 },
      { from: 2, to: 4, percent: 2 },
      { from: 5, to: 6, percent: 2 },
    ]);
  });

  test("amounts per percent are median and quartiles of the rises with usage", () => {
    const rises = [100, 200, 300, 400, 500].map((used) => ({ percent: 2, used }));
    const known = { middle: 150, low: 100, high: 200, n: 5 };
    expect(perPercentOf(rises)).toEqual(known);
    expect(perPercentOf([...rises, { percent: 3, used: 0 }])).toEqual(known);
    expect(perPercentOf(rises.slice(0, 2))).toBeNull();
  });

  test("one outlier does not move the median out of the range of the others", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 90, max: 110, noNaN: true }), { minLength: 3 }),
        fc.nat(1e9),
        (some, stray) => {
          const found = perPercentOf([...some, stray].map((used) => ({ percent: 1, used })));
          expect(found?.middle).toBeGreaterThanOrEqual(90);
          expect(found?.middle).toBeLessThanOrEqual(110);
        },
      ),
    );
  });
});
