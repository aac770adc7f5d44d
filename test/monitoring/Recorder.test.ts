import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import keyAnswer from "../fixtures/control/key-all.get_usage.json";
import type { Sample } from "../../src/model/pace.ts";
import type { StatusRecord, UsageRecord } from "../../src/model/record.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
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
    utimesSync(logFiles(desk.directory, "login-x").waiting("s-2"), new Date(desk.now), new Date(desk.now));
    gate.resolve();
    expect((await first).result).toBe("recorded");
    // The session that it came for has its record nevertheless.
    expect(desk.lines("status").map(({ session_id }) => session_id)).toEqual(["s-1", "s-2"]);
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

describe("numbers of sessions and answers of the program", () => {
  const weekly = (percent: number, resetsAt = START + 4 * 86_400_000): object => ({
    rate_limits: { seven_day: { used_percentage: percent, resets_at: resetsAt / 1_000 } },
  });
  const silent: Asked = { ...answers, usage: null, failure: { reason: "no answer", raw: null } };
  const percentOf = (desk: Desk): unknown => desk.state()?.quotas.find(({ key }) => key === "seven_day");

  test("an old number of an idle session replaces neither an answer nor a newer number", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    desk.now += MINUTE;
    desk.reply = silent;
    const idle = { ...session("s-2", weekly(60)), heardAt: START - 3 * 3_600_000 };
    await desk.recorder().run(idle);
    expect(percentOf(desk)).toMatchObject({ percent: 17, seenAt: START });
    expect((desk.lines("usage")[1] as unknown as UsageRecord).statusline?.seen_at).toBe("2026-11-20T06:00:10.000Z");
    desk.now += MINUTE;
    await desk.recorder().run({ ...session("s-3", weekly(1)), heardAt: desk.now - 5_000 });
    expect(percentOf(desk)).toMatchObject({ percent: 1, seenAt: START + 2 * MINUTE - 5_000 });
    desk.now += MINUTE;
    await desk.recorder().run(idle);
    expect(percentOf(desk)).toMatchObject({ percent: 1 });
    // The same from the log alone, where what the worker keeps is lost.
    for (const file of ["state", "memory"]) rmSync(desk.path(`.run/${file}-login-x.json`));
    desk.now += MINUTE;
    await desk.recorder().run(null);
    const kept = JSON.parse(readFileSync(desk.path(".run/memory-login-x.json"), "utf8")) as { samples: Sample[] };
    expect(
      kept.samples.filter(({ quota }) => quota.key === "seven_day").map(({ at, quota }) => [at - START, quota.percent]),
    ).toEqual([
      [-3 * 3_600_000, 60],
      [0, 17],
      [2 * MINUTE - 5_000, 1],
    ]);
  });

  test("a limit that was not seen again is remembered once, however often a record is made", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    desk.reply = silent;
    for (let minute = 0; minute < 3; minute++) {
      desk.now += MINUTE;
      await desk.recorder().run(session("s-1"));
    }
    const { samples } = JSON.parse(readFileSync(desk.path(".run/memory-login-x.json"), "utf8")) as {
      samples: Sample[];
    };
    expect(samples.map(({ at, quota }) => [at - START, quota.key])).toEqual([
      [0, "five_hour"],
      [0, "seven_day"],
    ]);
  });

  test("a session that says it lasts longer than there is time does not stop the log", async () => {
    using desk = new Desk();
    desk.reply = silent;
    const given = { ...weekly(60), cost: { total_duration_ms: 9e15, total_api_duration_ms: 5 } };
    expect((await desk.recorder().run(session("s-1", given))).result).toBe("recorded");
    expect((desk.lines("usage")[0] as unknown as UsageRecord).statusline?.seen_at).toBeNull();
  });

  test("after the clock was set back what was seen in its future gives way", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    desk.now -= 3_600_000;
    desk.reply = silent;
    await desk.recorder().run({ ...session("s-1", weekly(5)), heardAt: desk.now - 1_000 });
    expect(desk.state()?.quotas).toMatchObject([{ key: "seven_day", percent: 5, seenAt: desk.now - 1_000 }]);
  });
});

describe("no limits from the program", () => {
  const given = { rate_limits: { five_hour: { used_percentage: 40, resets_at: START / 1_000 + 7_200 } } };

  test("records go on from stdin, and asking backs off", async () => {
    using desk = new Desk();
    desk.reply = { ...answers, usage: { source: "control", data: keyAnswer } };
    const heard = { ...session("s-1", given), heardAt: START };
    for (let minute = 0; minute < 20; minute++, desk.now += MINUTE) await desk.recorder().run(heard);
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

  test("a limit of which nobody knows how old it is goes into its record, and is not taken for one of now", async () => {
    using desk = new Desk();
    desk.reply = { ...answers, usage: { source: "control", data: keyAnswer } };
    await desk.recorder().run(session("s-1", given));
    expect((desk.lines("usage")[0] as unknown as UsageRecord).statusline).toMatchObject({ ...given, seen_at: null });
    expect(desk.state()?.quotas).toEqual([]);
  });

  test("extra usage alone is an answer: the program is asked at each interval", async () => {
    using desk = new Desk();
    const extra_usage = { is_enabled: true, monthly_limit: 40_000, used_credits: 37_519, utilization: 93.8 };
    desk.reply = { ...answers, usage: { source: "control", data: { rate_limits: { five_hour: null, extra_usage } } } };
    for (let minute = 0; minute < 4; minute++, desk.now += MINUTE) await desk.recorder().run(session("s-1"));
    expect(desk.wants.filter(({ usage }) => usage)).toHaveLength(4);
    expect(desk.lines("usage").map((record) => record["source"])).toEqual(Array.from({ length: 4 }, () => "control"));
    expect(desk.state()).toMatchObject({
      asking: null,
      quotas: [],
      extra: { used: 37_519, seenAt: START + 3 * MINUTE },
    });
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
