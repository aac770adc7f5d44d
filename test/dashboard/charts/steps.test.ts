import { expect, test } from "bun:test";
import { lastUntil, stepPath } from "../../../src/dashboard/charts/steps.ts";

const same = (value: number): number => value;

test("a value is drawn until the next one, and the last one until the end", () => {
  const steps = [
    { at: 0, value: 10 },
    { at: 5, value: 20.456 },
    { at: 8, value: 0 },
  ];
  expect(stepPath(steps, 9, same, same)).toBe("M0 10H5V20.46H8V0H9");
  expect(stepPath([], 9, same, same)).toBe("");
});

test("the place at a time is that of the last value until then", () => {
  const times = [10, 20, 20, 30];
  expect([5, 10, 19, 20, 29, 30, 99].map((at) => lastUntil(times, at))).toEqual([0, 0, 0, 2, 2, 3, 3]);
  expect(lastUntil([], 5)).toBe(0);
});
