import { describe, expect, test } from "bun:test";
import { count } from "./pawprint.ts";
import { cannotSet, differences, traps, withHome } from "./trap.ts";

describe("traps: each a home that is easily counted wrong", () => {
  for (const trap of traps()) {
    test.skipIf(cannotSet(trap) !== null)(`${trap.name}: ${trap.meaning}`, async () => {
      expect(differences(trap.truth, await withHome(trap, count))).toEqual([]);
    });
  }

  test("there are at least forty", () => {
    expect(traps().length).toBeGreaterThanOrEqual(40);
  });
});
