import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyState, stateText } from "../../src/model/state.ts";
import { leaveSessionWaiting } from "../../src/monitoring/launch.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { dueOf } from "../../src/monitoring/Schedule.ts";
import { freshHome, recorded } from "../entry-points/program.ts";
import { answers, Harness, MINUTE, session } from "./harness.ts";

const INTERVALS = { usageInterval: MINUTE, statusInterval: 60 * MINUTE };
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s-${index}`);
/** Leaves a waiting session, at the harness's time. */
async function leaveWaiting(harness: Harness, name: string): Promise<void> {
  const files = logFiles(harness.directory, "login-x");
  mkdirSync(files.run, { recursive: true });
  await leaveSessionWaiting(files, session(name));
  utimesSync(files.waiting(name), new Date(harness.now), new Date(harness.now));
}
const idsOf = (harness: Harness): string[] => harness.lines("status").map(({ session_id }) => String(session_id));

describe("many sessions at once", () => {
  test("get their status records from the worker started for one of them, which queries the program once", async () => {
    using harness = new Harness();
    const files = logFiles(harness.directory, "login-x");
    await harness.recorder().run(session("first"));
    for (const name of names(130)) await leaveWaiting(harness, name);
    await leaveWaiting(harness, "first");
    writeFileSync(files.waiting("planted"), '{"id":');
    utimesSync(files.waiting("planted"), new Date(harness.now), new Date(harness.now));
    harness.requests = [];
    harness.now += 5 * MINUTE;
    await harness.recorder().run(session("last"));
    expect(idsOf(harness).toSorted()).toEqual(["first", "last", ...names(130)].toSorted());
    expect(harness.requests.filter(({ status }) => status)).toHaveLength(1);
    const left = readdirSync(files.run).filter((name) => name.startsWith("waiting-"));
    expect(left).toEqual(["waiting-login-x-planted"]);
  });

  test("a session of another account waits for a worker of its own", async () => {
    using harness = new Harness();
    const other = logFiles(harness.directory, "key-x");
    mkdirSync(other.run, { recursive: true });
    const limits = { rate_limits: { seven_day: { used_percentage: 96, resets_at: harness.now / 1_000 + 86_400 } } };
    await leaveSessionWaiting(other, session("of-another", limits));
    utimesSync(other.waiting("of-another"), new Date(harness.now), new Date(harness.now));
    await harness.recorder().run(session("first"));
    expect(idsOf(harness)).toEqual(["first"]);
    expect(existsSync(other.waiting("of-another"))).toBe(true);
    await harness.recorder({}, { files: other, scope: "key-x" }).run(null);
    expect(idsOf(harness)).toContain("of-another");
    expect(existsSync(other.waiting("of-another"))).toBe(false);
  });

  test("do not each repeat the query if the program does not answer", async () => {
    using harness = new Harness();
    harness.reply = { ...answers, usage: null, status: null, failure: { reason: "no answer within 20 s", raw: null } };
    for (const name of names(20)) await leaveWaiting(harness, name);
    await harness.recorder().run(session("first"));
    expect(idsOf(harness)).toHaveLength(21);
    expect(harness.requests.filter(({ status }) => status)).toHaveLength(1);
  });

  test("a recorder that runs again queries the program again, for sessions that are new by then", async () => {
    using harness = new Harness();
    const recorder = harness.recorder();
    await recorder.run(null);
    harness.now += 5 * MINUTE;
    await leaveWaiting(harness, "late");
    harness.requests = [];
    await recorder.run(null);
    expect(idsOf(harness)).toContain("late");
    expect(harness.requests.filter(({ status }) => status)).toHaveLength(1);
  });

  test("a disk that becomes full leaves them waiting, and they get their records once there is space", async () => {
    using harness = new Harness();
    for (const name of names(3)) await leaveWaiting(harness, name);
    const free = [10 ** 12];
    await harness.recorder({}, { freeBytes: () => free.shift() ?? 0 }).run(session("first"));
    expect(idsOf(harness)).toEqual(["first"]);
    const { run } = logFiles(harness.directory, "login-x");
    expect(readdirSync(run).filter((name) => name.startsWith("waiting-"))).toHaveLength(3);
    harness.now += MINUTE;
    await harness.recorder().run(null);
    expect(idsOf(harness).toSorted()).toEqual(["first", ...names(3)]);
  });

  test("are each recorded once in an interval, even if the state is lost", async () => {
    using harness = new Harness();
    const files = logFiles(harness.directory, "login-x");
    for (const name of names(150)) await harness.recorder().run(session(name));
    for (const name of names(150)) expect(dueOf(harness.state(), harness.now, session(name), INTERVALS)).toBeNull();
    expect(Bun.file(harness.path("status.jsonl")).size).toBeGreaterThan(300_000);
    rmSync(files.state);
    for (const name of names(150)) await harness.recorder().run(session(name));
    expect(idsOf(harness)).toEqual(names(150));
  }, 60_000);

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])(
    "include one named %s, which is new only once",
    async (name) => {
      using harness = new Harness();
      await harness.recorder().run(session("s-1"));
      expect(dueOf(harness.state(), harness.now, session(name), INTERVALS)).toMatchObject({ status: "first_seen" });
      await harness.recorder().run(session(name));
      expect(idsOf(harness)).toEqual(["s-1", name]);
      expect(dueOf(harness.state(), harness.now, session(name), INTERVALS)).toBeNull();
    },
  );

  test("give a state of more than 64 KB, which the line reads without starting a worker", async () => {
    using home = freshHome();
    const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
    const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: home.logs, PET_USAGE_LOG_INTERVAL: "86400000" };
    await home.run("statusline", [], { stdin: turn, env });
    const run = join(home.logs, ".run");
    const stateIn = (): string | undefined =>
      existsSync(run) ? readdirSync(run).find((name) => name.startsWith("state-")) : undefined;
    await home.until(() => stateIn() !== undefined, "a state");
    const now = Date.now();
    const { session_id: own } = JSON.parse(turn) as { session_id: string };
    const sessions = Object.fromEntries(
      [own, ...names(1_990)].map((name) => [name.padEnd(36, "0"), new Date(now).toISOString()]),
    );
    const finding = { type: "other", severity: "warning", message: "m".repeat(300), fix: "f".repeat(300) } as const;
    const state = {
      ...emptyState,
      usage: { at: now },
      status: { at: now },
      sessions,
      findings: Array.from({ length: 50 }, () => finding),
    };
    writeFileSync(join(run, stateIn() ?? ""), stateText(state));
    expect(stateText(state).length).toBeGreaterThan(150_000);
    const claims = (): string[] => readdirSync(run).filter((name) => name.startsWith("claim-"));
    const before = claims();
    const { out } = await home.run("statusline", [], { stdin: turn, env });
    expect(out).toContain("50 findings");
    expect(claims()).toEqual(before);
  }, 30_000);
});
