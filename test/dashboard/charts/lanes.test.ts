import { expect, test } from "bun:test";
import { lanesFor } from "../../../src/dashboard/charts/lanes.ts";

test("intervals that overlap get lanes of their own, and others share one", () => {
  const intervals = [
    { from: 20, to: 30 },
    { from: 0, to: 10 },
    { from: 5, to: 25 },
    { from: 10, to: 20 },
  ];
  expect(lanesFor(intervals)).toEqual([0, 0, 1, 0]);
});

test("intervals closer than the gap do not share a lane", () => {
  const [first, second] = [
    { from: 0, to: 10 },
    { from: 12, to: 20 },
  ];
  expect(lanesFor([first, second], 2)).toEqual([0, 0]);
  expect(lanesFor([first, second], 3)).toEqual([0, 1]);
});
