import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pi } from "../../src/sources/pi.ts";
import { assistants, scanned, SourceHarness } from "./harness.ts";
import { begun, newest, recorded } from "./pi.ts";
import { answer, at, header, usage, write } from "./pi-lines.ts";

const FOLDER = join(assistants, "pi/1.6.0/sessions/--home-user-proj--");
const home = recorded[1];
if (!home) throw new Error("no recorded home");

describe("the recorded sessions of pi 1.6", () => {
  test("are counted exactly: complete responses, and what an interrupted one of Anthropic began with", async () => {
    using harness = await scanned(pi, (one) => home.place(one));
    expect(harness.totals).toEqual(home.truth);
    expect([newest.length, begun.length]).toEqual([30, 1]);
    expect(harness.skipped).toEqual([]);
    expect(harness.responses.every(({ reasoning, output }) => reasoning > 0 || output === 1)).toBe(true);
    const long = [...newest, ...begun].reduce((sum, { usage: one }) => sum + (one?.cacheWrite1h ?? 0), 0);
    expect(harness.responses.reduce((sum, one) => sum + one.cacheWrite1h, 0)).toBe(long);
  });

  test("have interrupted responses of OpenAI and a failed one as not recorded", async () => {
    using harness = await scanned(pi, (one) => home.place(one));
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(
      of("unrecorded")
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["failed", "interrupted", "interrupted"]);
    expect(of("compaction")).toHaveLength(1);
    expect(of("file").map(({ name, target, added, removed }) => [name, target, added, removed])).toEqual([
      ["create", "/home/user/proj/note.txt", 3, 0],
      ["update", "/home/user/proj/note.txt", 2, 1],
    ]);
  });

  test("have the durations of tools that pi measured", async () => {
    using harness = await scanned(pi, (one) => home.place(one));
    const lines = readdirSync(FOLDER).flatMap((name) => readFileSync(join(FOLDER, name), "utf8").split("\n"));
    const measured = new Set(lines.flatMap((line) => /"durationMs":(\d+)/.exec(line)?.[1] ?? []).map(Number));
    const durations = harness.actions.flatMap(({ action, duration }) => (action === "tool" ? [duration] : []));
    expect(durations.length).toBeGreaterThan(10);
    expect(durations.filter((one) => one === null || !measured.has(one))).toEqual([]);
  });

  test("give too much if a fork's copies are added up", () => {
    const lines = readdirSync(FOLDER).flatMap((name) => readFileSync(join(FOLDER, name), "utf8").trimEnd().split("\n"));
    const sum = lines.reduce((total, line) => total + Number(/"totalTokens":(\d+)/.exec(line)?.[1] ?? 0), 0);
    const { input, output, cacheRead, cacheWrite } = home.truth;
    expect(Math.round((sum / (input + output + cacheRead + cacheWrite) - 1) * 100)).toBe(28);
  });
});

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
