import { expect, test } from "bun:test";
import { fuzzHub } from "./requests.ts";

test("damaged requests to every route are refused with a code, and nothing of them is stored", async () => {
  const found = await fuzzHub(20, 7);
  expect(found.failed).toEqual([]);
  expect(found.refused).toBeGreaterThan(found.requests / 2);
});
