import { expect, test } from "bun:test";
import { movedPick } from "../../../src/dashboard/charts/moves.ts";
import { scaleTo } from "../../../src/dashboard/charts/scale.ts";
import { drawnPieces, LAST_COLOUR, stacksOf } from "../../../src/dashboard/charts/stacks.ts";

const slots = [{ key: "2026-11-28" }, { key: "2026-11-29" }];
const fields = { slotField: "date", field: "totalCost" };
const row = (date: string, totalCost: number | null, name = "x") => ({ date, totalCost, name });

test("the largest part is at the bottom of each bar, and each piece knows its row in the report", () => {
  const { parts, stacks } = stacksOf(
    {
      small: [row("2026-11-28", 1, "Small")],
      large: [row("2026-11-27", 100, "Large"), row("2026-11-28", 2), row("2026-11-29", 3)],
    },
    slots,
    fields,
  );
  expect(parts.map(({ name, colour }) => [name, colour])).toEqual([
    ["Large", 0],
    ["Small", 1],
  ]);
  expect(stacks[0]?.map(({ part, from, to, row: at }) => [part.key, from, to, at])).toEqual([
    ["large", 0, 2, 1],
    ["small", 2, 3, 0],
  ]);
  expect(stacks[1]?.map(({ part, from, to, row: at }) => [part.key, from, to, at])).toEqual([["large", 0, 3, 2]]);
});

test("a cost that is not known is no piece, and neither is a part without usage", () => {
  const { parts, stacks } = stacksOf({ a: [row("2026-11-28", null)], "": [row("2026-11-29", 0)] }, slots, fields);
  expect({ parts, stacks }).toEqual({ parts: [], stacks: [[], []] });
});

test("parts after the seventh share a colour and are drawn as one piece", () => {
  const rows = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`p${at}`, [row("2026-11-28", at < 7 ? 100 - at : 1)]]),
  );
  const { stacks } = stacksOf(rows, slots, fields);
  const drawn = drawnPieces(stacks[0] ?? []);
  expect(drawn.length).toBe(LAST_COLOUR + 1);
  expect(drawn.at(-1)).toEqual({ colour: LAST_COLOUR, from: 679, to: 972 });
});

test("a scale of values that are all zero still has finite positions", () => {
  const scale = scaleTo(0, 100, 0);
  expect([scale(0), Number.isFinite(scale(scale.top))]).toEqual([100, true]);
});

test("arrow keys move over a row of bars and stop at its ends", () => {
  expect(movedPick("ArrowRight", null, 7)).toBe(0);
  expect(movedPick("ArrowLeft", null, 7)).toBe(6);
  expect(movedPick("ArrowRight", 6, 7)).toBe(6);
  expect(movedPick("Home", 3, 7)).toBe(0);
  expect(movedPick("End", 3, 7)).toBe(6);
  expect(movedPick("x", 3, 7)).toBeNull();
});

test("arrow keys move over a grid by row and column and stay within it", () => {
  expect(movedPick("ArrowDown", 1, 168, 24)).toBe(25);
  expect(movedPick("ArrowUp", 1, 168, 24)).toBe(1);
  expect(movedPick("ArrowDown", 160, 168, 24)).toBe(160);
  expect(movedPick("ArrowDown", null, 168, 24)).toBe(0);
});
