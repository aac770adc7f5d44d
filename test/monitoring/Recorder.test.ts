import { describe, expect, test } from "bun:test";
import { rmSync, statSync } from "node:fs";
import keyAnswer from "../fixtures/control/key-all.get_usage.json";
import type { StatusRecord, UsageRecord } from "../../src/model/record.ts";
import type { Asker } from "../../src/monitoring/Recorder.ts";
import type { Asked } from "../../src/monitoring/types.ts";
import { answers, Desk, doctor, idsOf, MINUTE, session, START } from "./desk.ts";

describe("a first run", () => {
  test("records usage, status and findings of the user's session, valid by their schemas", async () => {
    using desk = new Desk();
    const outcome = await desk.recorder().run(session("s-1", { context_window: { used_percentage: 3 } }));
    expect(idsOf(outcome)).toEqual([
      "usage-2026-11-20T09:00:00.000Z-login-x",
      "status-2026-11-20T09:00:00.000Z-s-1-login-x",
      expect.stringMatching(/^diagnostics-config_mismatch-\w+-appeared-0-login-x$/),
      expect.stringMatching(/^diagnostics-auto_updates_disabled-\w+-appeared-0-login-x$/),
    ] as never);
    expect(desk.wants).toEqual([{ usage: true, status: true }]);
    expect(desk.lines("usage")[0]).toMatchObject({
      timestamp: "2026-11-20T09:00:10.000Z",
      session_id: "s-1",
      cwd: "/home/user/work/proj",
      model: "claude-opus-5-5",
      version: "2.1.328",
      source: "control",
      usage_data: { rate_limits: { five_hour: { utilization: 42 } } },
      statusline: { context_window: { used_percentage: 3 } },
    });
    expect(desk.lines("status")[0]).toMatchObject({
      session_id: "s-1",
      email: "dummy@example.com",
      source: "control",
      diagnostics: { config_mismatches: ["Installation config mismatch: running npm-global but config says unknown"] },
    });
    expect(desk.lines("diagnostics").map((record) => record["state"])).toEqual(["appeared", "appeared"]);
    for (const name of [
      "usage.jsonl",
      "status.jsonl",
      "diagnostics.jsonl",
      ".run/worker.lock",
      ".run/state-login-x.json",
    ]) {
      expect(statSync(desk.path(name)).mode & 0o777).toBe(0o600);
    }
  });

  test("leaves the line what it needs", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    expect(desk.state()).toMatchObject({
      sessions: { "s-1": "2026-11-20T09:00:10.000Z" },
      asked: { at: START, wallMs: 400 },
      asking: null,
      trouble: null,
      findings: [{ type: "config_mismatch" }, { type: "auto_updates_disabled", severity: "info" }],
    });
    expect(desk.state()?.quotas.map(({ key, percent, seenAt }) => [key, percent, seenAt])).toContainEqual([
      "model:Fable",
      9,
      START,
    ]);
    expect(desk.state()?.pace.map(({ key }) => key)).toContain("five_hour");
  });
});

describe("intervals", () => {
  test("one record each, whoever asks", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    expect(idsOf(await desk.recorder().run(session("s-1")))).toEqual(["nothing_due"]);
    desk.now += MINUTE;
    expect(idsOf(await desk.recorder().run(session("s-1")))).toEqual(["usage-2026-11-20T09:01:00.000Z-login-x"]);
    expect(desk.lines("usage")).toHaveLength(2);
    desk.now += 60 * MINUTE;
    expect(idsOf(await desk.recorder().run(session("s-1")))).toEqual([
      "usage-2026-11-20T10:01:00.000Z-login-x",
      "status-2026-11-20T10:00:00.000Z-login-x",
    ]);
  });

  test("a run killed after its append and before its state records nothing twice", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    for (const file of [".run/state-login-x.json", ".run/memory-login-x.json"]) rmSync(desk.path(file));
    const outcome = await desk.recorder().run(session("s-1"));
    expect(outcome.result === "recorded" && outcome.records.map(({ written }) => written)).toEqual(["known", "known"]);
    expect(desk.lines("usage")).toHaveLength(1);
    expect(desk.lines("status")).toHaveLength(1);
    expect(desk.lines("diagnostics")).toHaveLength(2);
  });

  test("an hour that is lived twice has its records twice, under other ids", async () => {
    using desk = new Desk();
    for (let minute = 0; minute < 5; minute++, desk.now += MINUTE) await desk.recorder().run(session("s-1"));
    desk.now = START;
    for (let minute = 0; minute < 5; minute++, desk.now += MINUTE) await desk.recorder().run(session("s-1"));
    const ids = desk.lines("usage").map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(ids[5]).toBe("usage-2026-11-20T09:00:00.000Z-login-x-g1");
    expect(ids[9]).toBe("usage-2026-11-20T09:04:00.000Z-login-x-g1");
  });

  test("only one at a time: a run that finds the log locked leaves", async () => {
    using desk = new Desk();
    const gate = Promise.withResolvers<void>();
    const slow: Asker = { ask: async (want) => (await gate.promise, await desk.asker.ask(want)) };
    const first = desk.recorder({}, { asker: slow }).run(session("s-1"));
    while (!(await Bun.file(desk.path(".run/worker.lock")).exists())) await Bun.sleep(1);
    expect(await desk.recorder().run(session("s-2"))).toEqual({ result: "busy" });
    gate.resolve();
    expect((await first).result).toBe("recorded");
  });
});

describe("sessions", () => {
  test("one seen within a minute of the last capture gets its status from it, later ones are asked for", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    desk.now += 40_000;
    expect(idsOf(await desk.recorder().run(session("s-2")))).toEqual(["status-2026-11-20T09:00:00.000Z-s-2-login-x"]);
    expect(desk.wants).toHaveLength(1);
    expect(desk.lines("status")[1]).toMatchObject({ session_id: "s-2", email: "dummy@example.com", source: "control" });
    expect((desk.lines("status")[1] as unknown as StatusRecord).diagnostics.config_mismatches).toHaveLength(1);
    desk.now += 5 * MINUTE;
    await desk.recorder().run(session("s-3"));
    expect(desk.wants.at(-1)).toEqual({ usage: true, status: true });
  });
});

describe("findings", () => {
  test("appear, change and are resolved, once each", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    desk.now += 60 * MINUTE;
    await desk.recorder().run(session("s-1"));
    expect(desk.lines("diagnostics")).toHaveLength(2);
    desk.now += 60 * MINUTE;
    desk.reply = {
      ...answers,
      status: { ...answers.status, doctor: doctor.replace("method: unknown", "method: npm-global") } as Asked["status"],
    };
    await desk.recorder().run(session("s-1"));
    expect(desk.lines("diagnostics").slice(2)).toMatchObject([
      { diagnostic_type: "config_mismatch", state: "resolved" },
    ]);
    expect(desk.state()?.findings.map(({ type }) => type)).toEqual(["auto_updates_disabled"]);
  });

  test("no report leaves them as they were, and permissions unknown", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    desk.now += 60 * MINUTE;
    desk.reply = { ...answers, status: null, failure: { reason: "no answer within 20 s", raw: null } };
    await desk.recorder().run(session("s-1"));
    expect(desk.lines("diagnostics")).toHaveLength(2);
    expect(desk.lines("status")[1]).toMatchObject({
      diagnostics: { permissions: { auto_update: null, requires_sudo: null } },
    });
  });
});

describe("no limits from the program", () => {
  const given = { rate_limits: { five_hour: { used_percentage: 40, resets_at: START / 1_000 + 7_200 } } };

  test("records go on from stdin, and asking backs off", async () => {
    using desk = new Desk();
    desk.reply = { ...answers, usage: { source: "control", data: keyAnswer } };
    for (let minute = 0; minute < 20; minute++, desk.now += MINUTE) await desk.recorder().run(session("s-1", given));
    const sources = desk.lines("usage").map((record) => record["source"]);
    expect(sources).toEqual(Array.from({ length: 20 }, () => "statusline"));
    expect((desk.lines("usage")[3] as unknown as UsageRecord).statusline?.rate_limits).toEqual(given.rate_limits);
    // Asked in minutes 0, 1, 3, 7 and 15: back-off of 1, 2, 4, 8, 16.
    expect(desk.wants.filter(({ usage }) => usage)).toHaveLength(5);
    expect(desk.state()?.asking).toMatchObject({ failures: 5, reason: "the answer holds no limits" });
    expect(desk.state()?.quotas).toMatchObject([{ key: "five_hour", percent: 40, seenAt: START }]);
    desk.reply = answers;
    desk.now += 30 * MINUTE;
    await desk.recorder().run(session("s-1", given));
    expect(desk.state()?.asking).toBeNull();
    expect(desk.lines("usage").at(-1)?.["source"]).toBe("control");
  });

  test("without a program there is a record all the same", async () => {
    using desk = new Desk();
    await desk.recorder({}, { asker: null }).run(session("s-1", given));
    expect(desk.lines("usage")[0]).toMatchObject({ source: "statusline", usage_data: {} });
    expect(desk.state()?.asking).toMatchObject({ reason: "claude was not found" });
  });

  test("an asker that throws costs nothing but its answer", async () => {
    using desk = new Desk();
    await desk.recorder({}, { asker: { ask: () => Promise.reject(new Error("EAGAIN")) } }).run(session("s-1", given));
    expect(desk.lines("usage")[0]).toMatchObject({ source: "statusline" });
    expect(desk.state()?.asking).toMatchObject({ reason: "EAGAIN" });
  });
});
