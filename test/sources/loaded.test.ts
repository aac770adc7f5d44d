import { expect, test } from "bun:test";
import type { Chunk, Emitter, LineStore, Phase } from "../../src/sources/contract.ts";
import { loadedLater } from "../../src/sources/contract.ts";

const nothing = {} as Chunk & Emitter;

test("a store that is read before it was loaded says so, and is loaded once however often that is asked for", async () => {
  const passes: Phase[] = [];
  let loads = 0;
  const store = loadedLater(async (): Promise<LineStore["read"]> => {
    loads++;
    return (pass) => void passes.push(pass);
  });
  expect(() => store.read("usage", nothing, nothing)).toThrow("before it was loaded");
  await store.load();
  await store.load();
  store.read("activity", nothing, nothing);
  expect([loads, passes]).toEqual([1, ["activity"]]);
});
