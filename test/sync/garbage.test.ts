import { expect, test } from "bun:test";
import { Garbage } from "../../src/sync/Garbage.ts";

test("garbage is collected each time that so many rows have been sent since the last time", () => {
  const collectedAt: number[] = [];
  let rows = 0;
  const garbage = new Garbage(1_000, () => void collectedAt.push(rows));
  for (rows of [999, 1_000, 1_999, 2_400, 3_300, 3_400]) garbage.check(rows);
  expect(collectedAt).toEqual([1_000, 2_400, 3_400]);
});
