import { describe, expect, test } from "bun:test";
import { count } from "./pawprint.ts";
import { cannotSet, differences, traps, withHome } from "./trap.ts";

describe("traps: homes that are easily miscounted", () => {
  for (const trap of traps()) {
    test.skipIf(cannotSet(trap) !== null)(`${trap.name}: ${trap.meaning}`, async () => {
      expect(differences(trap.truth, await withHome(trap, count))).toEqual([]);
    });
  }

  test("there are at least forty traps", () => {
    expect(traps().length).toBeGreaterThanOrEqual(40);
  });
});
