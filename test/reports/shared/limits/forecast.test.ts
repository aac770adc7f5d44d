import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Burn,
  outlookOf,
  perPercentOf,
  type Point,
  ratesOf,
  risesOf,
} from "../../../../src/reports/shared/limits/forecast.ts";

const HOUR = 3_600_000;
const OPENED = Date.parse("2026-11-20T07:00:00Z");
const RESET = OPENED + 5 * HOUR;

/** A window with points at so many hours since it opened. */
const burn = (...points: readonly (readonly [hours: number, percent: number])[]): Burn => ({
  opened: OPENED,
  resetsAt: RESET,
  points: points.map(([hours, percent]) => ({ at: OPENED + hours * HOUR, percent })),
});

/** Windows whose points never fall, with a time after the last of them. */
const anyBurn = fc
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
    return { burn: { opened: OPENED, resetsAt: OPENED + length, points }, now: at + later };
  });

describe("the outlook of a window", () => {
  test("a steady rate: the wall is where the line reaches 100", () => {
    const outlook = outlookOf(burn([0.5, 15], [1, 30], [1.5, 45], [2, 60]), OPENED + 2 * HOUR);
    expect(outlook?.kind).toBe("wall");
    if (outlook?.kind !== "wall") return;
    for (const at of [outlook.at, outlook.early, outlook.late]) {
      expect(Math.abs((at ?? 0) - (OPENED + (100 / 30) * HOUR))).toBeLessThan(1);
    }
  });

  test("a rate that fell: the range is that of the slowest and the fastest, and the wall may not come", () => {
    const outlook = outlookOf(burn([0.5, 20], [1, 40], [1.5, 50], [2, 52], [2.5, 54]), OPENED + 2.5 * HOUR);
    expect(outlook).toMatchObject({ kind: "stands", rates: 4 });
    if (outlook?.kind !== "stands") return;
    // Over half an hour and an hour 4 an hour, over two hours 17, over the whole window 21.6: the median is 10.5.
    expect(outlook.percent).toBeCloseTo(54 + 2.5 * 10.5, 6);
    expect(outlook.low).toBeCloseTo(64, 6);
    expect(outlook.high).toBe(100);
    expect(outlook.early).toBeCloseTo(OPENED + (2.5 + 46 / 21.6) * HOUR, -1);
  });

  test("nothing is said of fewer than three points, of a window that is over, or of minutes", () => {
    expect(outlookOf(burn([1, 10], [2, 20]), OPENED + 2 * HOUR)).toBeNull();
    expect(outlookOf(burn([1, 10], [2, 20], [3, 30]), RESET)).toBeNull();
    expect(outlookOf(burn([0.01, 1], [0.02, 2], [0.03, 3]), OPENED + 0.03 * HOUR)).toBeNull();
  });

  test("a window that is full is full now; one that rests stands where it stands", () => {
    const now = OPENED + 3 * HOUR;
    expect(outlookOf(burn([1, 50], [2, 90], [3, 100]), now)).toMatchObject({
      kind: "wall",
      isFull: true,
      at: now,
      early: now,
      late: now,
    });
    expect(outlookOf(burn([1, 0], [2, 0], [3, 0]), now)).toMatchObject({ kind: "stands", percent: 0, low: 0, high: 0 });
  });

  test("never a time in the past nor after the reset, never below what is used, never outside of its own range", () => {
    fc.assert(
      fc.property(anyBurn, ({ burn, now }) => {
        const outlook = outlookOf(burn, now);
        if (outlook === null) return;
        const used = burn.points.at(-1)?.percent ?? 0;
        if (outlook.kind === "wall") {
          const { early, at, late } = outlook;
          expect(early).toBeGreaterThanOrEqual(now);
          expect(at).toBeGreaterThanOrEqual(early);
          expect(late ?? at).toBeGreaterThanOrEqual(at);
          expect(Math.max(at, early, late ?? 0)).toBeLessThan(burn.resetsAt);
        } else {
          const { low, percent, high, early } = outlook;
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

  test("who uses more meets the wall no later, and stands no lower", () => {
    fc.assert(
      fc.property(anyBurn, fc.double({ min: 0.1, max: 1, noNaN: true }), ({ burn, now }, factor) => {
        const less = { ...burn, points: burn.points.map(({ at, percent }) => ({ at, percent: percent * factor })) };
        const [more, fewer] = [outlookOf(burn, now), outlookOf(less, now)];
        if (more === null || fewer === null) return;
        const wall = (one: typeof more): number => (one.kind === "wall" ? one.at : Infinity);
        const stand = (one: typeof more): number => (one.kind === "wall" ? 100 : one.percent);
        expect(wall(more)).toBeLessThanOrEqual(wall(fewer) + 1);
        expect(stand(more)).toBeGreaterThanOrEqual(stand(fewer) - 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  test("rates are sorted, none is negative, and no stretch counts twice", () => {
    fc.assert(
      fc.property(anyBurn, ({ burn }) => {
        const rates = ratesOf(burn);
        expect(rates).toEqual(rates.toSorted((a, b) => a - b));
        expect(rates.every((rate) => rate >= 0)).toBe(true);
        expect(rates.length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

describe("what one percent comes to", () => {
  test("rises begin where the one before ended; a fall begins anew", () => {
    const points = [0, 0.4, 1, 1, 3, 0, 2].map((percent, at) => ({ at, percent }));
    expect(risesOf(points)).toEqual([
      { from: 0, to: 2, percent: 1 },
      { from: 2, to: 4, percent: 2 },
      { from: 5, to: 6, percent: 2 },
    ]);
  });

  test("median and quartiles; rises without use are none", () => {
    const rises = [100, 200, 300, 400, 500].map((used) => ({ percent: 2, used }));
    const known = { middle: 150, low: 100, high: 200, n: 5 };
    expect(perPercentOf(rises)).toEqual(known);
    expect(perPercentOf([...rises, { percent: 3, used: 0 }])).toEqual(known);
    expect(perPercentOf(rises.slice(0, 2))).toBeNull();
  });

  test("one stray rise does not move the median out of the rest", () => {
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
