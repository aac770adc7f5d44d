import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import usageAnswer from "../fixtures/control/oauth-seed.get_usage.json";
import keyAnswer from "../fixtures/control/key-all.get_usage.json";
import statusAnswer from "../fixtures/control/oauth-seed.get_status.json";
import { recordSchemas, type RecordKind, type StatusRecord, type UsageRecord } from "../../src/model/record.ts";
import { type Session, sessionOf } from "../../src/model/session.ts";
import { stateOf } from "../../src/model/state.ts";
import { JsonlLog } from "../../src/monitoring/JsonlLog.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { type Asker, type Outcome, Recorder, type RecorderOptions } from "../../src/monitoring/Recorder.ts";
import type { Asked } from "../../src/monitoring/types.ts";
import { readSettings } from "../../src/utils/config.ts";

const START = Date.parse("2026-11-20T09:00:10.000Z");
const MINUTE = 60_000;
const doctor = readFileSync(join(import.meta.dir, "../fixtures/cli/key-doctor.stdout"), "utf8");
const answers: Asked = {
  usage: { source: "control", data: usageAnswer },
  status: { get_status: statusAnswer, auth_status: { loggedIn: true, email: "dummy@example.com" }, doctor },
  failure: null,
  wallMs: 400,
};

let directory = "";
let now = START;
let wants: { usage: boolean; status: boolean }[] = [];
let reply: Asked = answers;
const asker: Asker = {
  ask(want) {
    wants.push(want);
    return Promise.resolve({
      ...reply,
      usage: want.usage ? reply.usage : null,
      status: want.status ? reply.status : null,
    });
  },
};
const session = (id: string, change: object = {}): Session =>
  sessionOf({
    session_id: id,
    cwd: "/home/user/work/proj",
    model: { id: "claude-opus-5-5" },
    version: "2.1.328",
    ...change,
  });

function recorder(env: Record<string, string> = {}, change: Partial<RecorderOptions> = {}): Recorder {
  const { settings } = readSettings([env]);
  return new Recorder({
    files: logFiles(directory, "login-x"),
    scope: "login-x",
    settings,
    home: "/home/user",
    clock: { now: () => now, sleep: (ms) => ((now += ms), Promise.resolve()) },
    log: new JsonlLog(directory, settings),
    asker,
    messages: pino({ enabled: false }),
    freeBytes: () => 10 ** 12,
    ...change,
  });
}

function lines(kind: RecordKind): { id: string; [field: string]: unknown }[] {
  const text = readFileSync(join(directory, `${kind}.jsonl`), { encoding: "utf8", flag: "a+" });
  const records = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { id: string });
  for (const record of records) recordSchemas[kind].parse(record);
  return records;
}
const state = () => stateOf(readFileSync(logFiles(directory, "login-x").state, "utf8"));
const idsOf = (outcome: Outcome): string[] =>
  outcome.result === "recorded" ? outcome.records.map(({ record }) => record.id) : [outcome.result];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pawprint-recorder-"));
  now = START;
  wants = [];
  reply = answers;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a first run", () => {
  test("records usage, status and findings of the user's session, valid by their schemas", async () => {
    const outcome = await recorder().run(session("s-1", { context_window: { used_percentage: 3 } }));
    expect(idsOf(outcome)).toEqual([
      "usage-2026-11-20T09:00:00.000Z-login-x",
      "status-first-s-1-login-x",
      expect.stringMatching(/^diagnostics-config_mismatch-\w+-appeared-0-login-x$/),
      expect.stringMatching(/^diagnostics-auto_updates_disabled-\w+-appeared-0-login-x$/),
    ] as never);
    expect(wants).toEqual([{ usage: true, status: true }]);
    expect(lines("usage")[0]).toMatchObject({
      timestamp: "2026-11-20T09:00:10.000Z",
      session_id: "s-1",
      cwd: "/home/user/work/proj",
      model: "claude-opus-5-5",
      version: "2.1.328",
      source: "control",
      usage_data: { rate_limits: { five_hour: { utilization: 42 } } },
      statusline: { context_window: { used_percentage: 3 } },
    });
    expect(lines("status")[0]).toMatchObject({
      session_id: "s-1",
      email: "dummy@example.com",
      source: "control",
      diagnostics: { config_mismatches: ["Installation config mismatch: running npm-global but config says unknown"] },
    });
    expect(lines("diagnostics").map((record) => record["state"])).toEqual(["appeared", "appeared"]);
    for (const name of [
      "usage.jsonl",
      "status.jsonl",
      "diagnostics.jsonl",
      ".run/worker.lock",
      ".run/state-login-x.json",
    ]) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    }
  });

  test("leaves the line what it needs", async () => {
    await recorder().run(session("s-1"));
    expect(state()).toMatchObject({
      sessions: { "s-1": START },
      asked: { at: START, wallMs: 400 },
      asking: null,
      trouble: null,
      findings: [{ type: "config_mismatch" }, { type: "auto_updates_disabled", severity: "info" }],
    });
    expect(state()?.quotas.map(({ key, percent, seenAt }) => [key, percent, seenAt])).toContainEqual([
      "model:Fable",
      9,
      START,
    ]);
    expect(state()?.pace.map(({ key }) => key)).toContain("five_hour");
  });
});

describe("intervals", () => {
  test("one record each, whoever asks", async () => {
    await recorder().run(session("s-1"));
    expect(idsOf(await recorder().run(session("s-1")))).toEqual(["nothing_due"]);
    now += MINUTE;
    expect(idsOf(await recorder().run(session("s-1")))).toEqual(["usage-2026-11-20T09:01:00.000Z-login-x"]);
    expect(lines("usage")).toHaveLength(2);
    now += 60 * MINUTE;
    expect(idsOf(await recorder().run(session("s-1")))).toEqual([
      "usage-2026-11-20T10:01:00.000Z-login-x",
      "status-2026-11-20T10:00:00.000Z-login-x",
    ]);
  });

  test("a run killed after its append and before its state records nothing twice", async () => {
    await recorder().run(session("s-1"));
    for (const file of [".run/state-login-x.json", ".run/memory-login-x.json"]) rmSync(join(directory, file));
    const outcome = await recorder().run(session("s-1"));
    expect(outcome.result === "recorded" && outcome.records.map(({ written }) => written)).toEqual(["known", "known"]);
    expect(lines("usage")).toHaveLength(1);
    expect(lines("status")).toHaveLength(1);
    expect(lines("diagnostics")).toHaveLength(2);
  });

  test("an hour that is lived twice has its records twice, under other ids", async () => {
    for (let minute = 0; minute < 5; minute++, now += MINUTE) await recorder().run(session("s-1"));
    now = START;
    for (let minute = 0; minute < 5; minute++, now += MINUTE) await recorder().run(session("s-1"));
    const ids = lines("usage").map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(ids[5]).toBe("usage-2026-11-20T09:00:00.000Z-login-x-g1");
    expect(ids[9]).toBe("usage-2026-11-20T09:04:00.000Z-login-x-g1");
  });

  test("only one at a time: a run that finds the log locked leaves", async () => {
    const gate = Promise.withResolvers<void>();
    const slow: Asker = { ask: async (want) => (await gate.promise, await asker.ask(want)) };
    const first = recorder({}, { asker: slow }).run(session("s-1"));
    while (!(await Bun.file(join(directory, ".run/worker.lock")).exists())) await Bun.sleep(1);
    expect(await recorder().run(session("s-2"))).toEqual({ result: "busy" });
    gate.resolve();
    expect((await first).result).toBe("recorded");
  });
});

describe("sessions", () => {
  test("one seen within a minute of the last capture gets its status from it, later ones are asked for", async () => {
    await recorder().run(session("s-1"));
    now += 40_000;
    expect(idsOf(await recorder().run(session("s-2")))).toEqual(["status-first-s-2-login-x"]);
    expect(wants).toHaveLength(1);
    expect(lines("status")[1]).toMatchObject({ session_id: "s-2", email: "dummy@example.com", source: "control" });
    expect((lines("status")[1] as unknown as StatusRecord).diagnostics.config_mismatches).toHaveLength(1);
    now += 5 * MINUTE;
    await recorder().run(session("s-3"));
    expect(wants.at(-1)).toEqual({ usage: true, status: true });
  });
});

describe("findings", () => {
  test("appear, change and are resolved, once each", async () => {
    await recorder().run(session("s-1"));
    now += 60 * MINUTE;
    await recorder().run(session("s-1"));
    expect(lines("diagnostics")).toHaveLength(2);
    now += 60 * MINUTE;
    reply = {
      ...answers,
      status: { ...answers.status, doctor: doctor.replace("method: unknown", "method: npm-global") } as Asked["status"],
    };
    await recorder().run(session("s-1"));
    expect(lines("diagnostics").slice(2)).toMatchObject([{ diagnostic_type: "config_mismatch", state: "resolved" }]);
    expect(state()?.findings.map(({ type }) => type)).toEqual(["auto_updates_disabled"]);
  });

  test("no report leaves them as they were, and permissions unknown", async () => {
    await recorder().run(session("s-1"));
    now += 60 * MINUTE;
    reply = { ...answers, status: null, failure: { reason: "no answer within 20 s", raw: null } };
    await recorder().run(session("s-1"));
    expect(lines("diagnostics")).toHaveLength(2);
    expect(lines("status")[1]).toMatchObject({
      diagnostics: { permissions: { auto_update: null, requires_sudo: null } },
    });
  });
});

describe("no limits from the program", () => {
  const given = { rate_limits: { five_hour: { used_percentage: 40, resets_at: START / 1_000 + 7_200 } } };

  test("records go on from stdin, and asking backs off", async () => {
    reply = { ...answers, usage: { source: "control", data: keyAnswer } };
    for (let minute = 0; minute < 20; minute++, now += MINUTE) await recorder().run(session("s-1", given));
    const sources = lines("usage").map((record) => record["source"]);
    expect(sources).toEqual(Array.from({ length: 20 }, () => "statusline"));
    expect((lines("usage")[3] as unknown as UsageRecord).statusline?.rate_limits).toEqual(given.rate_limits);
    // Asked in minutes 0, 1, 3, 7 and 15: back-off of 1, 2, 4, 8, 16.
    expect(wants.filter(({ usage }) => usage)).toHaveLength(5);
    expect(state()?.asking).toMatchObject({ failures: 5, reason: "the answer holds no limits" });
    expect(state()?.quotas).toMatchObject([{ key: "five_hour", percent: 40, seenAt: START }]);
    reply = answers;
    now += 30 * MINUTE;
    await recorder().run(session("s-1", given));
    expect(state()?.asking).toBeNull();
    expect(lines("usage").at(-1)?.["source"]).toBe("control");
  });

  test("without a program there is a record all the same", async () => {
    await recorder({}, { asker: null }).run(session("s-1", given));
    expect(lines("usage")[0]).toMatchObject({ source: "statusline", usage_data: {} });
    expect(state()?.asking).toMatchObject({ reason: "claude was not found" });
  });

  test("an asker that throws costs nothing but its answer", async () => {
    await recorder({}, { asker: { ask: () => Promise.reject(new Error("EAGAIN")) } }).run(session("s-1", given));
    expect(lines("usage")[0]).toMatchObject({ source: "statusline" });
    expect(state()?.asking).toMatchObject({ reason: "EAGAIN" });
  });
});

describe("privacy", () => {
  const everything = (): string =>
    ["usage.jsonl", "status.jsonl", "diagnostics.jsonl", ".run/state-login-x.json", ".run/memory-login-x.json"]
      .map((name) => readFileSync(join(directory, name), "utf8"))
      .join("\n");

  test("off means that neither address nor directory nor home is in any file", async () => {
    await recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-1"));
    now += 30_000;
    await recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-2"));
    expect(everything()).not.toContain("dummy@example.com");
    expect(everything()).not.toContain("/home/user");
    expect(lines("status").map(({ email, cwd }) => [email, cwd])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("hash and basename", async () => {
    await recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-1"));
    now += 30_000;
    await recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-2"));
    const [first, second] = lines("status");
    expect(first?.["email"]).toMatch(/^hmac-sha256:[0-9a-f]{16}$/);
    expect(second?.["email"]).toBe(first?.["email"]);
    expect(first?.["cwd"]).toBe("proj");
    expect(everything()).not.toContain("dummy@example.com");
  });
});

describe("when writing fails", () => {
  test("it is tried again for a while, then logging rests, says so, and resumes after ten minutes", async () => {
    mkdirSync(join(directory, "usage.jsonl"));
    const outcome = await recorder().run(session("s-1"));
    expect(outcome).toMatchObject({
      result: "stopped",
      trouble: { message: expect.stringContaining("usage.jsonl is no plain file") },
    });
    expect(now - START).toBe(7_100);
    expect(state()?.trouble).toMatchObject({ retryAt: START + 600_000 });
    rmSync(join(directory, "usage.jsonl"), { recursive: true });
    now = START + 600_000;
    expect((await recorder().run(session("s-1"))).result).toBe("recorded");
    expect(state()?.trouble).toBeNull();
  });

  test("a disk that runs low: a notice below 100 MB, a rest below 20 MB, without asking", async () => {
    await recorder({}, { freeBytes: () => 99 * 1_048_576 }).run(session("s-1"));
    expect(state()?.notice).toBe("disk low, 99 MB free");
    now += MINUTE;
    wants = [];
    const outcome = await recorder({}, { freeBytes: () => 19 * 1_048_576 }).run(session("s-1"));
    expect(outcome).toMatchObject({ result: "stopped", trouble: { code: "ENOSPC", message: "disk full, 19 MB free" } });
    expect(wants).toEqual([]);
    now += MINUTE;
    expect((await recorder().run(session("s-1"))).result).toBe("recorded");
    expect(state()).toMatchObject({ trouble: null, notice: null });
  });

  test("a lock file that holds something else is not taken over", async () => {
    await recorder().run(session("s-1"));
    writeFileSync(join(directory, ".run/worker.lock"), "something else ".repeat(100));
    now += MINUTE;
    expect(await recorder().run(session("s-1"))).toMatchObject({ result: "stopped", trouble: { code: "LOCK" } });
    expect(lines("usage")).toHaveLength(1);
  });

  test("a state or memory that is garbage counts as none", async () => {
    await recorder().run(session("s-1"));
    for (const name of ["state", "memory"]) writeFileSync(join(directory, `.run/${name}-login-x.json`), "\0{garbage");
    now += MINUTE;
    expect((await recorder().run(session("s-1"))).result).toBe("recorded");
    expect(lines("usage")).toHaveLength(2);
    expect(lines("diagnostics")).toHaveLength(2);
  });
});
