import { expect, test } from "bun:test";
import { plainBar } from "../../../../src/dashboard/pages/machines/bars.ts";

const mark = { "data-report": "diagnostics?", "data-field": "trend.openAtEndOfDay.3" };

test("a bar of one part begins at 0, and there is nothing to draw for 0 and for what is not known", () => {
  const bar = plainBar("3 Nov", 2, { text: "2", mark });
  expect(bar).toMatchObject({ label: "3 Nov", total: 2, text: "2", isOpen: false, mark });
  expect(bar.pieces.map(({ from, to, part }) => [from, to, part.colour])).toEqual([[0, 2, 0]]);
  expect(plainBar("", 0, { text: "0", mark })).toMatchObject({ total: 0, pieces: [] });
  expect(plainBar("", null, { text: "", mark, isOpen: true })).toMatchObject({ total: null, pieces: [], isOpen: true });
});
