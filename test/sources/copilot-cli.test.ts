import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { copilotCli } from "../../src/sources/copilot-cli.ts";
import { eventsOf, placeDatabase, placeEvents, recorded } from "./copilot-cli.ts";
import { SourceHarness } from "./harness.ts";
import { write } from "./writer.ts";

const [home, old] = recorded;
if (!home || !old) throw new Error("no recorded home");

const PARENT = "ad50c59e-3d15-4f32-b943-5e2749e1d3bc";
const FORK = "f6019539-235e-4052-a7ef-a518209a1a82";
const OLD = "e1a3949e-016f-4c44-9c22-08f40d15cdaf";
const databaseIn = (harness: SourceHarness): string => join(harness.home, ".copilot/session-store.db");
const eventsIn = (harness: SourceHarness, session: string): string =>
  join(harness.home, ".copilot/session-state", session, "events.jsonl");

/** The facts after reading everything at once. */
async function whole(): Promise<readonly string[]> {
  using harness = new SourceHarness([copilotCli]);
  home?.place(harness);
  await harness.scan();
  return harness.dump().facts;
}

describe("the recorded home of Copilot CLI", () => {
  test.each([
    ["both", [placeDatabase, placeEvents]],
    ["the database alone", [placeDatabase]],
    ["the events alone", [placeEvents]],
  ])("is counted exactly from %s: 31 responses", async (_, parts) => {
    using harness = new SourceHarness([copilotCli]);
    for (const place of parts) place(harness, "1.0.102");
    await harness.scan();
    const { totals } = harness;
    expect(totals).toEqual(home.truth);
    expect(totals.responses).toBe(31);
    expect(totals.input + totals.cacheRead + totals.cacheWrite).toBe(362_800);
    expect([totals.output, totals.cacheRead, totals.cacheWrite]).toEqual([24_306, 120_527, 647]);
    expect(harness.skipped).toEqual([]);
    expect((await harness.scan()).files).toBe(0);
    // Costs are recorded in units of the subscription only.
    expect(harness.responses.every(({ cost, costKind }) => cost === 0 && costKind === 0)).toBe(true);
  });

  test.each([
    ["the database first", [placeDatabase, placeEvents]],
    ["the events first", [placeEvents, placeDatabase]],
  ])("gives the same facts if it reads %s", async (_, parts) => {
    using harness = new SourceHarness([copilotCli]);
    for (const place of parts) {
      place(harness, "1.0.102");
      await harness.scan();
    }
    expect(harness.dump().facts).toEqual(await whole());
  });

  test("assigns a fork's copies to the session that paid for them, even if only the fork is left", async () => {
    const of = (harness: SourceHarness): number[] =>
      [PARENT, FORK].map((id) => harness.responses.filter(({ session }) => session === id).length);
    using harness = new SourceHarness([copilotCli]);
    home.place(harness);
    await harness.scan();
    expect(of(harness)).toEqual([6, 1]);
    expect(harness.actions.filter(({ session }) => session === FORK).map(({ action }) => action)).toEqual(["prompt"]);

    using alone = new SourceHarness([copilotCli]);
    alone.place(`copilot-cli/1.0.102/session-state/${FORK}`, `.copilot/session-state/${FORK}`);
    await alone.scan();
    // No line of the fork names the session that was compacted.
    expect(of(alone)).toEqual([5, 2]);
  });

  test("has the right subagents, models, branches and number of sessions", async () => {
    using harness = new SourceHarness([copilotCli]);
    home.place(harness);
    await harness.scan();
    const sub = harness.responses.filter(({ agent }) => agent !== "");
    expect(sub.map(({ agent }) => agent)).toEqual(Array.from({ length: 3 }, () => "general-purpose"));
    expect(new Set(sub.map(({ session }) => session)).size).toBe(1);
    expect(
      new Set(harness.all<{ branch: string }>("SELECT branch FROM dimension_set").map(({ branch }) => branch)),
    ).toEqual(new Set(["main"]));
    expect(harness.all("SELECT * FROM session")).toHaveLength(10);
  });

  test("has tools by exit code, changed lines, git operations, prompts, and responses without usage", async () => {
    using harness = new SourceHarness([copilotCli]);
    home.place(harness);
    await harness.scan();
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    // A command with exit code 3, which the program records as a success, and an edit that found no match.
    expect(
      of("tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name, duration }) => [name, duration]),
    ).toEqual([
      ["bash", 23],
      ["edit", 3],
    ]);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "update", target: "/home/user/proj/calc.py", added: 3, removed: 1 },
      { name: "create", target: "/home/user/proj/NOTES.md", added: 5, removed: 0 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("agent").map(({ name }) => name)).toEqual(["general-purpose"]);
    expect(of("compaction").map(({ name, ok }) => [name, ok])).toEqual([["manual", 1]]);
    // The kill and the interruption. A request that was rejected and sent again is not counted.
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["interrupted", "interrupted"]);
    expect(of("prompt")[0]?.length).toBe("Please fix it [[work]]".length);
    const typed = [...eventsOf("1.0.102").values()]
      .flat()
      .filter((event) => event.type === "user.message" && !("agentId" in event));
    expect(of("prompt")).toHaveLength(new Set(typed.map(({ id }) => id)).size);
  });

  test("gives the same facts if it is read in small parts", async () => {
    using harness = new SourceHarness([copilotCli]);
    home.place(harness);
    const path = databaseIn(harness);
    write(path, "DELETE FROM assistant_usage_events WHERE id > 10");
    for (const session of eventsOf("1.0.102").keys()) {
      const file = eventsIn(harness, session);
      const bytes = readFileSync(file);
      rmSync(file);
      for (let at = 0; at < bytes.length; at += 20_000) {
        appendFileSync(file, bytes.subarray(at, at + 20_000));
        await harness.scan();
      }
    }
    rmSync(path);
    placeDatabase(harness);
    await harness.scan();
    expect(harness.dump().facts).toEqual(await whole());
  });

  test("loses nothing when the program deletes or vacuums rows, and new rows are still found", async () => {
    using harness = new SourceHarness([copilotCli]);
    home.place(harness);
    await harness.scan();
    const facts = await whole();
    const path = databaseIn(harness);
    rmSync(dirname(eventsIn(harness, PARENT)), { recursive: true });
    for (const change of ["DELETE FROM assistant_usage_events WHERE id % 2 = 0", "VACUUM"]) {
      write(path, change);
      await harness.scan();
      expect(harness.dump().facts).toEqual(facts);
    }
    const more = "session_id, model, input_tokens, output_tokens";
    // SQLite's format of a default time.
    write(path, `INSERT INTO assistant_usage_events (${more}) VALUES ('${FORK}', 'm', 10, 1)`);
    await harness.scan();
    expect(harness.totals.responses).toBe(32);
    expect(harness.skipped).toEqual([]);
    expect(harness.responses.find(({ model }) => model === "m")?.at).toBeGreaterThan(1_700_000_000_000);
  });
});

describe("the recorded session of an old Copilot CLI version", () => {
  test("is counted exactly by the totals of its two runs, even with a newer version's database beside it", async () => {
    using harness = new SourceHarness([copilotCli]);
    old.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(old.truth);
    expect(harness.actions.filter(({ action }) => action === "tool").map(({ name, ok }) => [name, ok])).toEqual([
      ["bash", 1],
      ["bash", 1],
      ["view", 0],
    ]);
    using both = new SourceHarness([copilotCli]);
    old.place(both);
    home.place(both);
    await both.scan();
    expect(both.totals.input).toBe(home.truth.input + old.truth.input);
  });

  test("shows only the number of lost responses if a run was killed", async () => {
    using harness = new SourceHarness([copilotCli]);
    old.place(harness);
    const path = eventsIn(harness, OLD);
    const lines = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    const resumed = lines.filter((line) => line.includes('"session.resume"'));
    writeFileSync(path, `${lines.slice(0, -1).join("\n")}\n`);
    await harness.scan();
    const unrecorded = () => harness.actions.filter(({ action }) => action === "unrecorded");
    // It may still be running.
    expect(unrecorded()).toEqual([]);
    appendFileSync(path, `${resumed.join("\n")}\n`);
    await harness.scan();
    expect(unrecorded().map(({ name }) => name)).toEqual(["interrupted", "interrupted"]);
    expect(harness.totals).toMatchObject({ responses: 1, output: 1_642 });
  });

  test("has the actual exit code in a tool's text", async () => {
    using harness = new SourceHarness([copilotCli]);
    old.place(harness);
    const path = eventsIn(harness, OLD);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("exited with exit code 0", "exited with exit code 3"));
    await harness.scan();
    expect(harness.actions.filter(({ action }) => action === "tool").map(({ ok }) => ok)).toEqual([0, 0, 0]);
  });
});

describe("Copilot CLI versions that record the session's total at the end of each run", () => {
  const shutdown = (second: number, inputTokens: number): object => ({
    type: "session.shutdown",
    id: `e${second}`,
    timestamp: `2026-11-20T10:00:${second}.000Z`,
    data: {
      modelMetrics: { m: { usage: { inputTokens, outputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 0 } } },
    },
  });
  const lines = [
    {
      type: "session.start",
      id: "e0",
      timestamp: "2026-11-20T10:00:00.000Z",
      data: { sessionId: "s", copilotVersion: "1.0.75" },
    },
    shutdown(10, 100),
    { type: "session.resume", id: "e11", timestamp: "2026-11-20T10:00:11.000Z", data: {} },
    shutdown(20, 300),
  ];

  function place(harness: SourceHarness): void {
    mkdirSync(dirname(eventsIn(harness, "s")), { recursive: true });
    writeFileSync(eventsIn(harness, "s"), lines.map((one) => `${JSON.stringify(one)}\n`).join(""));
  }

  test("are counted by their database", async () => {
    using harness = new SourceHarness([copilotCli]);
    placeDatabase(harness);
    place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
  });

  test("are counted by the last total if the database is missing", async () => {
    using harness = new SourceHarness([copilotCli]);
    place(harness);
    await harness.scan();
    expect(harness.totals).toEqual({ responses: 1, input: 295, output: 10, cacheRead: 5, cacheWrite: 0, reasoning: 0 });
    expect(readdirSync(join(harness.home, ".copilot"))).toEqual(["session-state"]);
  });
});
