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

describe("pace", () => {
  test("the rate is that of the last hour", () => {
    // 10 % in the first two hours, then 20 % in the third: 20 % an hour for the two hours left.
    const pace = paceOf([sample(0, 0), sample(60, 5), sample(120, 10), sample(180, 30)], opened + 180 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(70);
    expect(pace?.fullAt).toBeNull();
  });

  test("the wall comes before the reset", () => {
    const pace = paceOf([sample(120, 40), sample(180, 80)], opened + 180 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(160);
    expect(pace?.fullAt).toBe(opened + 210 * MINUTE);
  });

  test("a young log goes by the start of the window, a younger window by nothing", () => {
    expect(paceOf([sample(30, 6)], opened + 30 * MINUTE)?.percentAtReset).toBeCloseTo(60);
    expect(paceOf([sample(9, 6)], opened + 9 * MINUTE)).toBeNull();
  });

  test("samples of the window before do not count, nor a window that is over", () => {
    const before = sample(-60, 90, opened);
    expect(paceOf([before, sample(30, 6)], opened + 30 * MINUTE)?.percentAtReset).toBeCloseTo(60);
    expect(paceOf([sample(30, 6)], resetsAt)).toBeNull();
    expect(paceOf([], opened)).toBeNull();
  });

  test("the weekly window looks back a day", () => {
    const reset = opened + 7 * 24 * HOUR;
    const week = (hours: number, percent: number): Sample => sample(hours * 60, percent, reset, "seven_day");
    const pace = paceOf([week(24, 30), week(48, 34)], opened + 48 * HOUR);
    expect(pace?.percentAtReset).toBeCloseTo(34 + 4 * 5);
  });

  test("a fall is a new start: neither what was used before it nor the opening at 0 % makes a rate", () => {
    const fallen = [sample(60, 55), sample(70, 60), sample(80, 2)];
    expect(paceOf(fallen, opened + 80 * MINUTE)).toBeNull();
    expect(paceOf([...fallen, sample(85, 3)], opened + 85 * MINUTE)).toBeNull();
    // 6 % in half an hour, for the 190 minutes left.
    const pace = paceOf([...fallen, sample(110, 8)], opened + 110 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(8 + (6 / 30) * 190);
  });

  test("so is one that moved the reset as well", () => {
    const moved = resetsAt + 30 * MINUTE;
    const before = [sample(60, 55), sample(100, 60)];
    expect(paceOf([...before, sample(110, 2, moved)], opened + 110 * MINUTE)).toBeNull();
    const pace = paceOf([...before, sample(110, 2, moved), sample(130, 6, moved)], opened + 130 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(6 + (4 / 20) * 200);
  });

  test("a point less, as sources round, is no fall", () => {
    const pace = paceOf([sample(60, 10.9), sample(90, 20.9), sample(120, 20)], opened + 120 * MINUTE);
    expect(pace?.percentAtReset).toBeCloseTo(20 + (9.1 / 60) * 180);
  });

  test("never below what is used, full never behind the reset", () => {
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
