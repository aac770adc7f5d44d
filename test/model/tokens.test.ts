import { describe, expect, test } from "bun:test";
import {
  addTokens,
  cacheWriteOf,
  noTokens,
  promptOf,
  tokenClasses,
  TokenSum,
  totalOf,
} from "../../src/model/tokens.ts";

/** A different power of ten in each class, so that no two sums are equal by chance. */
const tokens = { input: 1, output: 10, cacheWrite5m: 100, cacheWrite1h: 1_000, cacheRead: 10_000 };

describe("token counts", () => {
  test("the total has all classes, the prompt all but the output, the cache writes both lifetimes", () => {
    expect([totalOf(tokens), promptOf(tokens), cacheWriteOf(tokens)]).toEqual([11_111, 11_101, 1_100]);
  });

  test("two counts are added by class, and other fields are left out", () => {
    const more = { ...tokens, input: 5, responses: 3 };
    expect(addTokens(tokens, more)).toEqual({
      input: 6,
      output: 20,
      cacheWrite5m: 200,
      cacheWrite1h: 2_000,
      cacheRead: 20_000,
    });
    expect(Object.keys(addTokens(noTokens, more))).toEqual([...tokenClasses]);
  });

  test("a sum over rows has each class of each row", () => {
    const sum = new TokenSum();
    for (const row of [tokens, tokens, noTokens]) sum.addTokens(row);
    expect(tokenClasses.map((name) => sum[name])).toEqual([2, 20, 200, 2_000, 20_000]);
  });
});
