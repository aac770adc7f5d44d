import { describe, expect, test } from "bun:test";
import { decodeBody, encodeBody, fieldOrder } from "../../src/model/body.ts";
import type { Kind } from "../../src/model/observation.ts";

const kinds = Object.keys(fieldOrder) as Kind[];

describe("a body as the journal keeps it", () => {
  for (const kind of kinds) {
    const names = fieldOrder[kind].split(" ");
    for (const added of [[], ["formerSession", "isWithdrawn"]]) {
      const kept = names.filter((name) => added.includes(name) || !/formerSession|isWithdrawn/.test(name));
      test(`has each value of "${kind}" in its place${added.length > 0 ? ", what was added later included" : ""}`, () => {
        const body = Object.fromEntries(kept.map((name, at) => [name, `value ${at}`])) as never;
        expect(JSON.parse(encodeBody(kind, body))).toEqual(kept.map((_, at) => `value ${at}`));
        expect(decodeBody(kind, encodeBody(kind, body))).toEqual(body);
      });
    }
  }

  test("ends with the last field that is defined", () => {
    const body = { session: "a", project: "b", formerSession: "c", isWithdrawn: undefined } as never;
    expect((JSON.parse(encodeBody("response", body)) as unknown[]).length).toBe(23);
  });
});
