import { expect, test } from "bun:test";
import { type NestedItem, nestedItems } from "../../../../src/dashboard/pages/session/turn-items.ts";

const plain = {
  at: "2026-11-26T10:00:00.000Z",
  target: "",
  count: 1,
  ok: null,
  durationMs: null,
  linesAdded: 0,
  linesRemoved: 0,
  cost: null,
  tokens: null,
  responses: null,
};
const tool = (name: string, agent = "") => ({ ...plain, kind: "tool" as const, name, agent });
const agent = (name: string) => ({ ...plain, kind: "agent" as const, name, agent: "" });
const texts = (items: readonly NestedItem[]): unknown[] =>
  items.map(({ item, parts, place }) =>
    parts.length > 0 ? [`${item.name} ${place}`, ...texts(parts)] : `${item.name} ${place}`,
  );

test("what a subagent did stands below it, and the rest where it was", () => {
  const items = [
    tool("Read"),
    agent("tests"),
    tool("Bash", "tests"),
    tool("Edit"),
    tool("Grep", "tests"),
    tool("Bash", "reviewer"),
  ];
  expect(texts(nestedItems(items))).toEqual(["Read 0", ["tests 1", "Bash 2", "Grep 4"], "Edit 3", "Bash 5"]);
});

test("a subagent that begins again gets what follows it", () => {
  const items = [agent("tests"), tool("Bash", "tests"), agent("tests"), tool("Read", "tests")];
  expect(texts(nestedItems(items))).toEqual([
    ["tests 0", "Bash 1"],
    ["tests 2", "Read 3"],
  ]);
});
