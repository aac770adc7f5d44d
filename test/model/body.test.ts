import { describe, expect, test } from "bun:test";
import { decodeBody, encodeBody, fieldOrder } from "../../src/model/body.ts";
import type { Kind } from "../../src/model/observation.ts";

const kinds = Object.keys(fieldOrder) as Kind[];

describe("encoding of bodies for the journal", () => {
  for (const kind of kinds) {
    const names = fieldOrder[kind].split(" ");
    for (const added of [[], ["formerSession", "isWithdrawn"]]) {
      const kept = names.filter((name) => added.includes(name) || !/formerSession|isWithdrawn/.test(name));
      test(`a body of kind "${kind}" decodes to the same values${added.length > 0 ? ", including fields added later" : ""}`, () => {
        const body = Object.fromEntries(kept.map((name, at) => [name, `value ${at}`])) as never;
        expect(JSON.parse(encodeBody(kind, body))).toEqual(kept.map((_, at) => `value ${at}`));
        expect(decodeBody(kind, encodeBody(kind, body))).toEqual(body);
      });
    }
  }

  test("undefined fields at the end of a body are not encoded", () => {
    const body = { session: "a", project: "b", formerSession: "c", isWithdrawn: undefined } as never;
    expect((JSON.parse(encodeBody("response", body)) as unknown[]).length).toBe(23);
  });
});
