import { expect, test } from "bun:test";
import { keptIn } from "../../../src/dashboard/client/kept.ts";

test("a text is kept in a storage under its key until it is removed", () => {
  const held = new Map<string, string>();
  const storage = {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, text: string) => void held.set(key, text),
    removeItem: (key: string) => void held.delete(key),
  };
  const kept = keptIn(() => storage, "key");
  expect(kept.get()).toBeNull();
  kept.set("text");
  expect([kept.get(), [...held]]).toEqual(["text", [["key", "text"]]]);
  kept.set(null);
  expect([kept.get(), held.size]).toEqual([null, 0]);
});

test("a storage that the browser refuses, or that is full, keeps nothing and stops nothing", () => {
  const refuse = (): never => {
    throw new DOMException("denied", "SecurityError");
  };
  const full = { getItem: () => null, setItem: refuse, removeItem: refuse };
  for (const kept of [keptIn(refuse, "key"), keptIn(() => full, "key")]) {
    kept.set("text");
    kept.set(null);
    expect(kept.get()).toBeNull();
  }
});
