import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { commands } from "../../src/commands/registry.ts";
import { reports } from "../../src/reports/registry.ts";
import { segments } from "../../src/segments/registry.ts";
import { find, lookUp, misspeltName, nearestName, unknownName } from "../../src/utils/registry.ts";

const names = segments.map(({ name }) => name);

describe("the nearest name", () => {
  test.each([
    ["contxt", "context"],
    ["contexts", "context"],
    ["cotnext", "context"],
    ["Context", "context"],
    ["five_hour", "five-hour"],
    ["fivehour", "five-hour"],
    ["weekly-model", "weekly"],
    ["ctx", "context"],
    ["projekt", "project"],
    ["dianostics", "diagnostics"],
  ])("the name nearest to %s is %s", (given, name) => {
    expect(nearestName(given, names)).toBe(name);
  });

  test.each(["", "zzzzzzzz", "x".repeat(65), "q", "zt", "cook", "completely-others"])(
    "there is no name near %j",
    (given) => {
      expect(nearestName(given, names)).toBeNull();
    },
  );

  test("a shortened or extended name is not a misspelt one", () => {
    expect(["ctx", "weekly-model", "contxt"].map((given) => misspeltName(given, names))).toEqual([
      null,
      null,
      "context",
    ]);
  });

  test("of several similar names the one with fewer different letters is the nearest", () => {
    expect(nearestName("sessions", ["session", "sessions"])).toBe("sessions");
    expect(nearestName("model", ["modes", "models"])).toBe("modes");
    expect(nearestName("modelss", ["modes", "models"])).toBe("models");
  });

  test("a name with one letter deleted, inserted or replaced has itself or a name as near as the nearest", () => {
    const long = names.filter((name) => name.length > 3);
    const misspelt = fc
      .tuple(fc.constantFrom(...long), fc.nat(20), fc.constantFrom("left out", "added", "changed"))
      .map(([name, place, how]) => {
        const at = place % name.length;
        return name.slice(0, at) + (how === "left out" ? "" : "q") + name.slice(how === "added" ? at : at + 1);
      });
    fc.assert(fc.property(misspelt, (given) => expect(misspeltName(given, long)).not.toBeNull()));
  });

  test("no random word is near a command or a report", () => {
    const all = [...commands, ...reports].map(({ name }) => name);
    for (const word of ["banana", "kubernetes", "xyz", "--", "1234", "deploy", "kitten"])
      expect([word, nearestName(word, all)]).toEqual([word, null]);
  });
});

describe("an item of a registry", () => {
  const registry = [
    { name: "one", aliases: ["uno", "two"], description: "the first" },
    { name: "two", description: "the second" },
  ];

  test("is found by its name, then by an alias", () => {
    expect(["one", "uno", "two"].map((name) => lookUp(registry, name)?.name)).toEqual(["one", "one", "two"]);
    expect(find(registry, "uno", "number").name).toBe("one");
  });

  test("that does not exist is an error with a suggestion and all names", () => {
    expect(() => find(registry, "onee\x1b[2J", "number")).toThrow('there is no number "onee"');
    expect(unknownName("number", "onw", ["one", "two"]).hint).toBe("did you mean one? one of: one, two");
    expect(unknownName("number", "seventeen", ["one", "two"]).hint).toBe("one of: one, two");
    expect(unknownName("number", "onw", ["one"], "see: the list").hint).toBe("did you mean one? see: the list");
  });
});
