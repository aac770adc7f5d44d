import { describe, expect, test } from "bun:test";
import { pi } from "../../src/sources/pi.ts";
import { SourceHarness } from "./harness.ts";
import { answer, at, header, usage, write } from "./pi-lines.ts";

describe("usage in pi 1.6", () => {
  test("cache writes for an hour are separate, and never exceed all cache writes", async () => {
    using harness = new SourceHarness([pi]);
    write(harness, "a.jsonl", [
      header,
      answer("a", 1, { usage: { ...usage, cacheWrite: 100, cacheWrite1h: 80 } }),
      answer("b", 2, { usage: { ...usage, cacheWrite: 100, cacheWrite1h: 0 } }),
      answer("c", 3, { usage: { ...usage, cacheWrite: 100, cacheWrite1h: 180 } }),
      answer("d", 4, { usage: { ...usage, cacheWrite: 100, cacheWrite1h: "80" } }),
    ]);
    await harness.scan();
    expect(harness.responses.map(({ cacheWrite5m, cacheWrite1h }) => [cacheWrite5m, cacheWrite1h])).toEqual([
      [20, 80],
      [100, 0],
      [0, 100],
      [100, 0],
    ]);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_count", "bad_count"]);
  });

  test("a usage entry counts for the model that it names, and the session's own model does not change", async () => {
    using harness = new SourceHarness([pi]);
    write(harness, "a.jsonl", [
      header,
      answer("a", 1),
      { type: "usage", id: "b", timestamp: at(2), kind: "cache_warm", provider: "anthropic", model: "warm", usage },
      { type: "usage", id: "c", timestamp: at(3), kind: "something new", usage },
    ]);
    await harness.scan();
    expect(harness.responses.map(({ model }) => model)).toEqual(["m", "warm", "m"]);
  });

  test("an interrupted turn counts with the usage received so far", async () => {
    using harness = new SourceHarness([pi]);
    const zeros = { ...usage, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    write(harness, "a.jsonl", [
      header,
      answer("a", 1, { stopReason: "aborted", usage: { ...usage, output: 1 } }),
      answer("b", 2, { stopReason: "aborted", usage: zeros }),
    ]);
    await harness.scan();
    expect(harness.responses.map(({ input, output }) => [input, output])).toEqual([[10, 1]]);
    const unrecorded = harness.actions.filter(({ action }) => action === "unrecorded");
    expect(unrecorded.map(({ key, name }) => [key.startsWith("action:unrecorded:pi:b:"), name])).toEqual([
      [true, "interrupted"],
    ]);
  });

  test("a cost charged by the provider is distinguished from pi's own estimate", async () => {
    using harness = new SourceHarness([pi]);
    const charged = { ...usage, cost: { total: 0.5, totalFromProvider: true } };
    write(harness, "a.jsonl", [header, answer("a", 1), answer("b", 2, { usage: charged })]);
    await harness.scan();
    expect(harness.responses.map(({ cost, costKind }) => [cost, costKind])).toEqual([
      [500_000_000, 2],
      [500_000_000, 1],
    ]);
  });
});
