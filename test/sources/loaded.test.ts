import { expect, test } from "bun:test";
import type { LineChunk, Emitter, LineStore, Phase } from "../../src/sources/contract.ts";
import { lazyReader } from "../../src/sources/contract.ts";

const nothing = {} as LineChunk & Emitter;

test("a store throws if it is read before its reader is loaded, and loads the reader only once", async () => {
  const phases: Phase[] = [];
  let loads = 0;
  const store = lazyReader(async (): Promise<LineStore["read"]> => {
    loads++;
    return (phase) => void phases.push(phase);
  });
  expect(() => store.read("usage", nothing, nothing)).toThrow("before its reader was loaded");
  await store.load("usage");
  await store.load("usage");
  store.read("activity", nothing, nothing);
  expect([loads, phases]).toEqual([1, ["activity"]]);
});
