import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { paceOf, type Sample } from "../../src/model/pace.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const opened = Date.parse("2026-11-20T08:00:00Z");
const resetsAt = opened + 5 * HOUR;
const sample = (minute: number, percent: number, reset = resetsAt, key = "five_hour"): Sample => ({
  at: opened + minute * MINUTE,
  quota: { key, percent, resetsAt: reset },
});

describe("the pace of a limit", () => {
  test("the rate is measured over the last hour", () => {
    // 10 % in the first two hours, then 20 % in the third: 20 % per hour for the remaining two hours.
    const pace = paceOf([sample(0, 0), sample(60, 5), sample(120, 10), sample(180, 30)], opened + 180 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(70);
    expect(pace?.fullAt).toBeNull();
  });

  test("fullAt is set if the limit is reached before the reset", () => {
    const pace = paceOf([sample(120, 40), sample(180, 80)], opened + 180 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(160);
    expect(pace?.fullAt).toBe(opened + 210 * MINUTE);
  });

  test("with few samples the rate is measured from the opening of the window, and a window younger than 10 minutes has no pace", () => {
    expect(paceOf([sample(30, 6)], opened + 30 * MINUTE)?.percentAtReset).toBeCloseTo(60);
    expect(paceOf([sample(9, 6)], opened + 9 * MINUTE)).toBeNull();
  });

  test("samples of the previous window do not count, and a window that has ended has no pace", () => {
    const before = sample(-60, 90, opened);
    expect(paceOf([before, sample(30, 6)], opened + 30 * MINUTE)?.percentAtReset).toBeCloseTo(60);
    expect(paceOf([sample(30, 6)], resetsAt)).toBeNull();
    expect(paceOf([], opened)).toBeNull();
  });

  test("the rate of the weekly window is measured over the last day", () => {
    const reset = opened + 7 * 24 * HOUR;
    const week = (hours: number, percent: number): Sample => sample(hours * 60, percent, reset, "seven_day");
    const pace = paceOf([week(24, 30), week(48, 34)], opened + 48 * HOUR);
    expect(pace?.percentAtReset).toBeCloseTo(34 + 4 * 5);
  });

  test("after a drop, neither earlier samples nor the opening at 0 % count for the rate", () => {
    const fallen = [sample(60, 55), sample(70, 60), sample(80, 2)];
    expect(paceOf(fallen, opened + 80 * MINUTE)).toBeNull();
    expect(paceOf([...fallen, sample(85, 3)], opened + 85 * MINUTE)).toBeNull();
    // 6 % in half an hour, for the remaining 190 minutes.
    const pace = paceOf([...fallen, sample(110, 8)], opened + 110 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(8 + (6 / 30) * 190);
  });

  test("a drop that moved the reset as well starts a new series", () => {
    const moved = resetsAt + 30 * MINUTE;
    const before = [sample(60, 55), sample(100, 60)];
    expect(paceOf([...before, sample(110, 2, moved)], opened + 110 * MINUTE)).toBeNull();
    const pace = paceOf([...before, sample(110, 2, moved), sample(130, 6, moved)], opened + 130 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(6 + (4 / 20) * 200);
  });

  test("one point less, as sources round, is not a drop", () => {
    const pace = paceOf([sample(60, 10.9), sample(90, 20.9), sample(120, 20)], opened + 120 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(20 + (9.1 / 60) * 180);
  });

  test("the forecast is never below the current percentage, and fullAt never after the reset", () => {
    const samples = fc.array(fc.tuple(fc.nat(299), fc.double({ min: 0, max: 120, noNaN: true })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(samples, (given) => {
        const all = given.toSorted(([a], [b]) => a - b).map(([minute, percent]) => sample(minute, percent));
        const last = all.at(-1);
        const pace = paceOf(all, last?.at ?? 0);
        if (!pace || !last) return;
        expect(pace.percentAtReset).toBeGreaterThanOrEqual(last.quota.percent);
        if (pace.fullAt !== null) expect(pace.fullAt).toBeLessThan(resetsAt);
      }),
    );
  });
});
