import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { openclaw } from "../../src/sources/openclaw.ts";
import { SourceHarness } from "./harness.ts";
import { DATABASE } from "./openclaw.ts";
import { write } from "./writer.ts";

const pathIn = (harness: SourceHarness): string => join(harness.home, DATABASE);
const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 20, 10, 0, seconds)).toISOString();
const usage = { input: 10, output: 5, cacheRead: 3, cacheWrite: 2 };
const answer = (id: string, seconds: number, more: object = {}): object => ({
  type: "message",
  id,
  timestamp: at(seconds),
  message: { role: "assistant", content: [], model: "m", usage, ...more },
});
const header = (seconds: number): object => ({ type: "session", version: 4, timestamp: at(seconds), cwd: "/p" });

/** Writes a small database with the events of some sessions; the second one was started by the first. */
function make(harness: SourceHarness, sessions: Readonly<Record<string, readonly (object | string)[]>>): void {
  mkdirSync(dirname(pathIn(harness)), { recursive: true });
  using database = new Database(pathIn(harness), { create: true });
  database.run("CREATE TABLE IF NOT EXISTS transcript_events (session_id, seq, event_json, created_at, event_zstd)");
  database.run("CREATE TABLE IF NOT EXISTS session_windows (session_id, spawned_by)");
  for (const [session, events] of Object.entries(sessions)) {
    database.run("INSERT INTO session_windows VALUES (?, ?)", [session, session === "sub" ? "agent:main:x" : null]);
    for (const [seq, event] of events.entries())
      database.run("INSERT INTO transcript_events VALUES (?, ?, ?, ?, NULL)", [
        session,
        seq,
        typeof event === "string" ? event : JSON.stringify(event),
        seq,
      ]);
  }
}

describe("made-up databases of OpenClaw", () => {
  test("have subagents, compactions without usage, and responses that failed or were interrupted", async () => {
    using harness = new SourceHarness([openclaw]);
    const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    const prompt = { type: "message", id: "p", timestamp: at(2), message: { role: "user", content: "do it" } };
    make(harness, {
      main: [header(1), answer("a", 2), { type: "compaction", id: "c", timestamp: at(3), tokensBefore: 9 }],
      sub: [header(1), prompt, answer("b", 3), answer("d", 4, { usage: none, stopReason: "error" })],
    });
    await harness.scan();
    expect(harness.responses.map(({ session, agent, project }) => [session, agent, project])).toEqual([
      ["main", "", "/p"],
      ["sub", "subagent", "/p"],
    ]);
    // A subagent's prompt is its caller's.
    expect(harness.actions.map(({ action, name }) => `${action} ${name}`)).toEqual([
      "compaction ",
      "unrecorded compaction",
      "unrecorded failed",
    ]);
  });

  test("have a fork's copies in the session that paid for them", async () => {
    using harness = new SourceHarness([openclaw]);
    make(harness, { main: [header(1), answer("a", 2)], fork: [header(5), answer("a", 2), answer("b", 6)] });
    await harness.scan();
    expect(harness.responses.map(({ session }) => session)).toEqual(["main", "fork"]);
  });

  test.each([
    ["are given the numbers of deleted ones", "DELETE FROM transcript_events WHERE session_id = 'b'"],
    ["VACUUM has numbered anew", "DELETE FROM transcript_events WHERE session_id = 'a'; VACUUM"],
  ])("have all rows, also those that %s", async (_, change) => {
    using harness = new SourceHarness([openclaw]);
    const session = (name: string, second: number): object[] => [
      header(second),
      answer(`${name}1`, second + 1),
      answer(`${name}2`, second + 2),
    ];
    make(harness, { a: session("a", 1), b: session("b", 11) });
    await harness.scan();
    write(pathIn(harness), change);
    make(harness, { c: session("c", 21), d: session("d", 31) });
    await harness.scan();
    expect(harness.responses.map(({ session: name }) => name).join("")).toBe("aabbccdd");
  });

  test("are read except for damaged or hostile events, which are skipped with a reason", async () => {
    using harness = new SourceHarness([openclaw]);
    make(harness, {
      main: [
        { type: "session", version: 5, timestamp: at(1), cwd: { a: 1 } },
        '{"type":"message","usage',
        "[1]",
        `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
        answer("a", 2, { usage: { ...usage, input: -5, output: 1e300 } }),
        answer("", 3),
        { ...answer("b", 4), timestamp: 17 },
        answer("c", 5, { content: [null, { type: "toolCall", id: "__proto__", name: "exec", arguments: 5 }] }),
        answer("d", 6, { usage: { ...usage, cacheWrite1h: 9 } }),
        { type: "message", id: "e", timestamp: at(7), message: { role: "toolResult", toolCallId: "x", details: [] } },
        answer("f", 8),
      ],
    });
    await harness.scan();
    expect(harness.totals.responses).toBe(5);
    expect([...new Set(harness.skipped.map(({ reason }) => reason))].toSorted()).toEqual([
      "bad_count",
      "bad_json",
      "no_time",
      "unknown_format",
    ]);
  });

  test("with tables of another form count nothing and are reported", async () => {
    using harness = new SourceHarness([openclaw]);
    mkdirSync(dirname(pathIn(harness)), { recursive: true });
    write(pathIn(harness), "CREATE TABLE transcript_events (id); INSERT INTO transcript_events VALUES (1)");
    await harness.scan();
    expect([harness.totals.responses, harness.skipped.map(({ reason }) => reason)]).toEqual([0, ["unknown_format"]]);
  });

  test("are found where OpenClaw's variables say, and databases of other names are left alone", () => {
    const roots = (env: Record<string, string>) => openclaw.stores[0]?.roots(env, "/home/u");
    expect(roots({})).toEqual(["/home/u/.openclaw/agents"]);
    expect(roots({ OPENCLAW_STATE_DIR: "~/claw" })).toEqual(["/home/u/claw/agents"]);
    expect(roots({ OPENCLAW_HOME: "/srv", OPENCLAW_PROFILE: "work" })).toEqual([
      "/srv/.openclaw/agents",
      "/srv/.openclaw-work/agents",
    ]);
    expect(roots({ OPENCLAW_PROFILE: "../x" })).toEqual(["/home/u/.openclaw/agents"]);
    const isOwned = (path: string): boolean => openclaw.stores.some((store) => store.owns(path));
    expect(isOwned("main/agent/openclaw-agent.sqlite")).toBe(true);
    expect(["main/agent/openclaw-agent.lock.sqlite", "main/agent/x-writer.sqlite"].some(isOwned)).toBe(false);
  });
});
