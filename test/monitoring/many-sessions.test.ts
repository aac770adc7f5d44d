import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyState, stateText } from "../../src/model/state.ts";
import { leaveWaiting } from "../../src/monitoring/launch.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { dueOf } from "../../src/monitoring/Schedule.ts";
import { freshHome, recorded } from "../doors/program.ts";
import { answers, Desk, MINUTE, session } from "./desk.ts";

const INTERVALS = { usageInterval: MINUTE, statusInterval: 60 * MINUTE };
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s-${index}`);
/** Leaves a session to wait, at the time of the desk. */
async function wait(desk: Desk, name: string): Promise<void> {
  const files = logFiles(desk.directory, "login-x");
  mkdirSync(files.run, { recursive: true });
  await leaveWaiting(files, session(name));
  utimesSync(files.waiting(name), new Date(desk.now), new Date(desk.now));
}
const idsOf = (desk: Desk): string[] => desk.lines("status").map(({ session_id }) => String(session_id));

describe("many sessions at once", () => {
  test("each gets its status record from the worker that is started for one, which asks the program once", async () => {
    using desk = new Desk();
    const files = logFiles(desk.directory, "login-x");
    await desk.recorder().run(session("first"));
    for (const name of names(130)) await wait(desk, name);
    await wait(desk, "first");
    writeFileSync(files.waiting("planted"), '{"id":');
    utimesSync(files.waiting("planted"), new Date(desk.now), new Date(desk.now));
    desk.wants = [];
    desk.now += 5 * MINUTE;
    await desk.recorder().run(session("last"));
    expect(idsOf(desk).toSorted()).toEqual(["first", "last", ...names(130)].toSorted());
    expect(desk.wants.filter(({ status }) => status)).toHaveLength(1);
    const left = readdirSync(files.run).filter((name) => name.startsWith("waiting-"));
    expect(left).toEqual(["waiting-login-x-planted"]);
  });

  test("one of another account waits for a worker of its own", async () => {
    using desk = new Desk();
    const other = logFiles(desk.directory, "key-x");
    mkdirSync(other.run, { recursive: true });
    const limits = { rate_limits: { seven_day: { used_percentage: 96, resets_at: desk.now / 1_000 + 86_400 } } };
    await leaveWaiting(other, session("of-another", limits));
    utimesSync(other.waiting("of-another"), new Date(desk.now), new Date(desk.now));
    await desk.recorder().run(session("first"));
    expect(idsOf(desk)).toEqual(["first"]);
    expect(existsSync(other.waiting("of-another"))).toBe(true);
    await desk.recorder({}, { files: other, scope: "key-x" }).run(null);
    expect(idsOf(desk)).toContain("of-another");
    expect(existsSync(other.waiting("of-another"))).toBe(false);
  });

  test("a program that does not answer is not asked again for each of them", async () => {
    using desk = new Desk();
    desk.reply = { ...answers, usage: null, status: null, failure: { reason: "no answer within 20 s", raw: null } };
    for (const name of names(20)) await wait(desk, name);
    await desk.recorder().run(session("first"));
    expect(idsOf(desk)).toHaveLength(21);
    expect(desk.wants.filter(({ status }) => status)).toHaveLength(1);
  });

  test("a recorder that goes on asks the program again in its next run, for sessions that are new by then", async () => {
    using desk = new Desk();
    const recorder = desk.recorder();
    await recorder.run(null);
    desk.now += 5 * MINUTE;
    await wait(desk, "late");
    desk.wants = [];
    await recorder.run(null);
    expect(idsOf(desk)).toContain("late");
    expect(desk.wants.filter(({ status }) => status)).toHaveLength(1);
  });

  test("a disk that gets full under them leaves them waiting, and they get their records once it has room", async () => {
    using desk = new Desk();
    for (const name of names(3)) await wait(desk, name);
    const free = [10 ** 12];
    await desk.recorder({}, { freeBytes: () => free.shift() ?? 0 }).run(session("first"));
    expect(idsOf(desk)).toEqual(["first"]);
    const { run } = logFiles(desk.directory, "login-x");
    expect(readdirSync(run).filter((name) => name.startsWith("waiting-"))).toHaveLength(3);
    desk.now += MINUTE;
    await desk.recorder().run(null);
    expect(idsOf(desk).toSorted()).toEqual(["first", ...names(3)]);
  });

  test("none is recorded twice in an interval, also when the state is lost", async () => {
    using desk = new Desk();
    const files = logFiles(desk.directory, "login-x");
    for (const name of names(150)) await desk.recorder().run(session(name));
    for (const name of names(150)) expect(dueOf(desk.state(), desk.now, session(name), INTERVALS)).toBeNull();
    expect(Bun.file(desk.path("status.jsonl")).size).toBeGreaterThan(300_000);
    rmSync(files.state);
    for (const name of names(150)) await desk.recorder().run(session(name));
    expect(idsOf(desk)).toEqual(names(150));
  }, 60_000);

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])(
    "a session named %s is first seen once",
    async (name) => {
      using desk = new Desk();
      await desk.recorder().run(session("s-1"));
      expect(dueOf(desk.state(), desk.now, session(name), INTERVALS)).toMatchObject({ status: "first_seen" });
      await desk.recorder().run(session(name));
      expect(idsOf(desk)).toEqual(["s-1", name]);
      expect(dueOf(desk.state(), desk.now, session(name), INTERVALS)).toBeNull();
    },
  );

  test("a state of more than 64 KB is read by the line, which starts no worker", async () => {
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
