import { expect, test } from "bun:test";
import { coloursOf } from "../../../src/dashboard/charts/colours.ts";
import { LAST_COLOUR } from "../../../src/dashboard/charts/stacks.ts";

test("few names keep their colours, whatever their order", () => {
  const names = ["laptop", "desktop", "ci-runner"];
  expect(Object.fromEntries(coloursOf(names))).toEqual(Object.fromEntries(coloursOf(names.toReversed())));
  expect(new Set(coloursOf(names).values()).size).toBe(3);
});

test("of many names the first ones have a colour of their own, and all others share the last one", () => {
  const names = Array.from({ length: 50 }, (_, at) => `machine-${50 - at}`);
  const colours = [...coloursOf(names).values()];
  expect(new Set(colours.slice(0, LAST_COLOUR)).size).toBe(LAST_COLOUR);
  expect(new Set(colours.slice(LAST_COLOUR))).toEqual(new Set([LAST_COLOUR]));
});
