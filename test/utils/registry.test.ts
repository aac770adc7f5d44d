import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { segments } from "../../src/segments/registry.ts";
import { nearestName } from "../../src/utils/registry.ts";

const names = segments.map(({ name }) => name);

describe("the nearest name", () => {
  test.each([
    ["contxt", "context", 1],
    ["contexts", "context", 1],
    ["cotnext", "context", 1],
    ["Context", "context", 0],
    ["five_hour", "five-hour", 1],
    ["fivehour", "five-hour", 1],
    ["weekly-model", "weekly", 6],
    ["ctx", "context", 4],
    ["projekt", "project", 1],
    ["dianostics", "diagnostics", 1],
  ])("the name nearest to %s is %s, with %d letters different", (given, name, distance) => {
    expect(nearestName(given, names)).toEqual({ name, distance });
  });

  test.each(["", "zzzzzzzz", "x".repeat(65), "q"])("there is no name near %j", (given) => {
    expect(
      nearestName(
        given,
        names.filter((name) => name.length > 5),
      ),
    ).toBeNull();
  });

  test("a name with one letter deleted, inserted or replaced has a nearest name at distance 1 or less", () => {
    const misspelt = fc
      .tuple(fc.constantFrom(...names), fc.nat(20), fc.constantFrom("left out", "added", "changed"))
      .map(([name, place, how]) => {
        const at = place % name.length;
        return name.slice(0, at) + (how === "left out" ? "" : "q") + name.slice(how === "added" ? at : at + 1);
      });
    fc.assert(
      fc.property(misspelt, (given) => expect(nearestName(given, names)?.distance ?? 9).toBeLessThanOrEqual(1)),
    );
  });
});
