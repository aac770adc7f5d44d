import { expect, test } from "bun:test";
import { fieldOf } from "../../src/dashboard/field.ts";

test("a field is found below names that contain dots", () => {
  const json = { totals: { cost: 1 }, models: { "gpt-5.2-codex": [{ cost: 2 }], "": [{ cost: 3 }] } };
  expect(fieldOf(json, "totals.cost")).toBe(1);
  expect(fieldOf(json, "models.gpt-5.2-codex.0.cost")).toBe(2);
  expect(fieldOf(json, "models..0.cost")).toBe(3);
  expect(fieldOf(json, "models.gpt-5.1.0.cost")).toBeUndefined();
});

test("no field is found in what is inherited or missing", () => {
  expect(fieldOf({}, "constructor.name")).toBeUndefined();
  expect(fieldOf(null, "totals.cost")).toBeUndefined();
});
