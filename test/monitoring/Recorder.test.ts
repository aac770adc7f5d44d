import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, statSync } from "node:fs";
import keyAnswer from "../fixtures/control/key-all.get_usage.json";
import type { Sample } from "../../src/model/pace.ts";
import type { StatusRecord, UsageRecord } from "../../src/model/record.ts";
import type { ClaudeClient } from "../../src/monitoring/Recorder.ts";
import type { ClaudeAnswers } from "../../src/monitoring/types.ts";
import { answers, Harness, doctor, idsOf, MINUTE, session, START } from "./harness.ts";

describe("a first run", () => {
  test("records usage, status and findings of the user's session, valid against their schemas", async () => {
    using harness = new Harness();
    const outcome = await harness.recorder().run(session("s-1", { context_window: { used_percentage: 3 } }));
    expect(idsOf(outcome)).toEqual([
      "usage-2026-11-20T09:00:00.000Z-login-x",
      "status-2026-11-20T09:00:00.000Z-s-1-login-x",
      expect.stringMatching(/^diagnostics-config_mismatch-\w+-appeared-0-login-x$/),
      expect.stringMatching(/^diagnostics-auto_updates_disabled-\w+-appeared-0-login-x$/),
    ] as never);
    expect(harness.requests).toEqual([{ usage: true, status: true }]);
    expect(harness.lines("usage")[0]).toMatchObject({
      timestamp: "2026-11-20T09:00:10.000Z",
      session_id: "s-1",
      cwd: "/home/user/work/proj",
      model: "claude-opus-5-5",
      version: "2.1.328",
      source: "control",
      usage_data: { rate_limits: { five_hour: { utilization: 42 } } },
      statusline: { context_window: { used_percentage: 3 } },
    });
    expect(harness.lines("status")[0]).toMatchObject({
      session_id: "s-1",
      email: "dummy@example.com",
      source: "control",
      diagnostics: { config_mismatches: ["Installation config mismatch: running npm-global but config says unknown"] },
    });
    expect(harness.lines("diagnostics").map((record) => record["state"])).toEqual(["appeared", "appeared"]);
    for (const name of [
      "usage.jsonl",
      "status.jsonl",
      "diagnostics.jsonl",
      ".run/worker.lock",
      ".run/state-login-x.json",
    ]) {
      expect(statSync(harness.path(name)).mode & 0o777).toBe(0o600);
    }
  });

  test("saves sessions, limits, pace and findings in the state for the line", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    expect(harness.state()).toMatchObject({
      sessions: { "s-1": "2026-11-20T09:00:10.000Z" },
      asked: { at: START, wallMs: 400 },
      backOff: null,
      failure: null,
      findings: [{ type: "config_mismatch" }, { type: "auto_updates_disabled", severity: "info" }],
    });
    expect(harness.state()?.quotas.map(({ key, percent, observedAt }) => [key, percent, observedAt])).toContainEqual([
      "model:Fable",
      9,
      START,
    ]);
    expect(harness.state()?.pace.map(({ key }) => key)).toContain("five_hour");
  });
});

describe("intervals", () => {
  test("get one record each, however often the recorder runs", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    expect(idsOf(await harness.recorder().run(session("s-1")))).toEqual(["nothing_due"]);
    harness.now += MINUTE;
    expect(idsOf(await harness.recorder().run(session("s-1")))).toEqual(["usage-2026-11-20T09:01:00.000Z-login-x"]);
    expect(harness.lines("usage")).toHaveLength(2);
    harness.now += 60 * MINUTE;
    expect(idsOf(await harness.recorder().run(session("s-1")))).toEqual([
      "usage-2026-11-20T10:01:00.000Z-login-x",
      "status-2026-11-20T10:00:00.000Z-login-x",
    ]);
  });

  test("get no second record after a run was killed between the append and saving the state", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    for (const file of [".run/state-login-x.json", ".run/memory-login-x.json"]) rmSync(harness.path(file));
    const outcome = await harness.recorder().run(session("s-1"));
    expect(outcome.result === "recorded" && outcome.records.map(({ written }) => written)).toEqual(["known", "known"]);
    expect(harness.lines("usage")).toHaveLength(1);
    expect(harness.lines("status")).toHaveLength(1);
    expect(harness.lines("diagnostics")).toHaveLength(2);
  });

  test("get records with other ids if the clock is set back and they repeat", async () => {
    using harness = new Harness();
    for (let minute = 0; minute < 5; minute++, harness.now += MINUTE) await harness.recorder().run(session("s-1"));
    harness.now = START;
    for (let minute = 0; minute < 5; minute++, harness.now += MINUTE) await harness.recorder().run(session("s-1"));
    const ids = harness.lines("usage").map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(ids[5]).toBe("usage-2026-11-20T09:00:00.000Z-login-x-g1");
    expect(ids[9]).toBe("usage-2026-11-20T09:04:00.000Z-login-x-g1");
  });

  test("are recorded by one run at a time: another run returns busy", async () => {
    using harness = new Harness();
    const gate = Promise.withResolvers<void>();
    const slow: ClaudeClient = {
      ask: async (request) => (await gate.promise, await harness.client.ask(request)),
    };
    const first = harness.recorder({}, { client: slow }).run(session("s-1"));
    while (!(await Bun.file(harness.path(".run/worker.lock")).exists())) await Bun.sleep(1);
    expect(await harness.recorder().run(session("s-2"))).toEqual({ result: "busy" });
    gate.resolve();
    expect((await first).result).toBe("recorded");
  });
});

describe("sessions", () => {
  test("started within a minute of the last capture reuse its status, later ones query it", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.now += 40_000;
    expect(idsOf(await harness.recorder().run(session("s-2")))).toEqual([
      "status-2026-11-20T09:00:00.000Z-s-2-login-x",
    ]);
    expect(harness.requests).toHaveLength(1);
    expect(harness.lines("status")[1]).toMatchObject({
      session_id: "s-2",
      email: "dummy@example.com",
      source: "control",
    });
    expect((harness.lines("status")[1] as unknown as StatusRecord).diagnostics.config_mismatches).toHaveLength(1);
    harness.now += 5 * MINUTE;
    await harness.recorder().run(session("s-3"));
    expect(harness.requests.at(-1)).toEqual({ usage: true, status: true });
  });
});

describe("findings", () => {
  test("are recorded once when they appear and once when they are resolved", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.now += 60 * MINUTE;
    await harness.recorder().run(session("s-1"));
    expect(harness.lines("diagnostics")).toHaveLength(2);
    harness.now += 60 * MINUTE;
    harness.reply = {
      ...answers,
      status: {
        ...answers.status,
        doctor: doctor.replace("method: unknown", "method: npm-global"),
      } as ClaudeAnswers["status"],
    };
    await harness.recorder().run(session("s-1"));
    expect(harness.lines("diagnostics").slice(2)).toMatchObject([
      { diagnostic_type: "config_mismatch", state: "resolved" },
    ]);
    expect(harness.state()?.findings.map(({ type }) => type)).toEqual(["auto_updates_disabled"]);
  });

  test("stay unchanged without a report, and permissions are unknown", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.now += 60 * MINUTE;
    harness.reply = { ...answers, status: null, failure: { reason: "no answer within 20 s", raw: null } };
    await harness.recorder().run(session("s-1"));
    expect(harness.lines("diagnostics")).toHaveLength(2);
    expect(harness.lines("status")[1]).toMatchObject({
      diagnostics: { permissions: { auto_update: null, requires_sudo: null } },
    });
  });
});

describe("limits from sessions and from answers of the program", () => {
  const weekly = (percent: number, resetsAt = START + 4 * 86_400_000): object => ({
    rate_limits: { seven_day: { used_percentage: percent, resets_at: resetsAt / 1_000 } },
  });
  const silent: ClaudeAnswers = { ...answers, usage: null, failure: { reason: "no answer", raw: null } };
  const percentOf = (harness: Harness): unknown => harness.state()?.quotas.find(({ key }) => key === "seven_day");

  test("an old value of an idle session replaces neither an answer nor a newer value", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.now += MINUTE;
    harness.reply = silent;
    const idle = { ...session("s-2", weekly(60)), heardAt: START - 3 * 3_600_000 };
    await harness.recorder().run(idle);
    expect(percentOf(harness)).toMatchObject({ percent: 17, observedAt: START });
    expect((harness.lines("usage")[1] as unknown as UsageRecord).statusline?.seen_at).toBe("2026-11-20T06:00:10.000Z");
    harness.now += MINUTE;
    await harness.recorder().run({ ...session("s-3", weekly(1)), heardAt: harness.now - 5_000 });
    expect(percentOf(harness)).toMatchObject({ percent: 1, observedAt: START + 2 * MINUTE - 5_000 });
    harness.now += MINUTE;
    await harness.recorder().run(idle);
    expect(percentOf(harness)).toMatchObject({ percent: 1 });
    // The same samples are rebuilt from the log if state and memory are lost.
    for (const file of ["state", "memory"]) rmSync(harness.path(`.run/${file}-login-x.json`));
    harness.now += MINUTE;
    await harness.recorder().run(null);
    const kept = JSON.parse(readFileSync(harness.path(".run/memory-login-x.json"), "utf8")) as { samples: Sample[] };
    expect(
      kept.samples.filter(({ quota }) => quota.key === "seven_day").map(({ at, quota }) => [at - START, quota.percent]),
    ).toEqual([
      [-3 * 3_600_000, 60],
      [0, 17],
      [2 * MINUTE - 5_000, 1],
    ]);
  });

  test("a session with an impossible duration does not stop the log", async () => {
    using harness = new Harness();
    harness.reply = silent;
    const given = { ...weekly(60), cost: { total_duration_ms: 9e15, total_api_duration_ms: 5 } };
    expect((await harness.recorder().run(session("s-1", given))).result).toBe("recorded");
    expect((harness.lines("usage")[0] as unknown as UsageRecord).statusline?.seen_at).toBeNull();
  });

  test("values observed in the future are replaced after the clock was set back", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.now -= 3_600_000;
    harness.reply = silent;
    await harness.recorder().run({ ...session("s-1", weekly(5)), heardAt: harness.now - 1_000 });
    expect(harness.state()?.quotas).toMatchObject([{ key: "seven_day", percent: 5, observedAt: harness.now - 1_000 }]);
  });
});

describe("no limits from the program", () => {
  const given = { rate_limits: { five_hour: { used_percentage: 40, resets_at: START / 1_000 + 7_200 } } };

  test("records continue from stdin, and queries back off", async () => {
    using harness = new Harness();
    harness.reply = { ...answers, usage: { source: "control", data: keyAnswer } };
    for (let minute = 0; minute < 20; minute++, harness.now += MINUTE)
      await harness.recorder().run(session("s-1", given));
    const sources = harness.lines("usage").map((record) => record["source"]);
    expect(sources).toEqual(Array.from({ length: 20 }, () => "statusline"));
    expect((harness.lines("usage")[3] as unknown as UsageRecord).statusline?.rate_limits).toEqual(given.rate_limits);
    // Queried in minutes 0, 1, 3, 7 and 15: the back-off is 1, 2, 4, 8, 16 minutes.
    expect(harness.requests.filter(({ usage }) => usage)).toHaveLength(5);
    expect(harness.state()?.backOff).toMatchObject({ failures: 5, reason: "the answer has no limits" });
    expect(harness.state()?.quotas).toMatchObject([{ key: "five_hour", percent: 40, observedAt: START }]);
    harness.reply = answers;
    harness.now += 30 * MINUTE;
    await harness.recorder().run(session("s-1", given));
    expect(harness.state()?.backOff).toBeNull();
    expect(harness.lines("usage").at(-1)?.["source"]).toBe("control");
  });

  test("extra usage alone counts as an answer, and the program is queried in each interval", async () => {
    using harness = new Harness();
    const extra_usage = { is_enabled: true, monthly_limit: 40_000, used_credits: 37_519, utilization: 93.8 };
    harness.reply = {
      ...answers,
      usage: { source: "control", data: { rate_limits: { five_hour: null, extra_usage } } },
    };
    for (let minute = 0; minute < 4; minute++, harness.now += MINUTE) await harness.recorder().run(session("s-1"));
    expect(harness.requests.filter(({ usage }) => usage)).toHaveLength(4);
    expect(harness.lines("usage").map((record) => record["source"])).toEqual(
      Array.from({ length: 4 }, () => "control"),
    );
    expect(harness.state()).toMatchObject({
      backOff: null,
      quotas: [],
      extra: { used: 37_519, observedAt: START + 3 * MINUTE },
    });
  });

  test("a record is written even if claude was not found", async () => {
    using harness = new Harness();
    await harness.recorder({}, { client: null }).run(session("s-1", given));
    expect(harness.lines("usage")[0]).toMatchObject({ source: "statusline", usage_data: {} });
    expect(harness.state()?.backOff).toMatchObject({ reason: "claude was not found" });
  });

  test("a record is written even if the client throws", async () => {
    using harness = new Harness();
    await harness
      .recorder({}, { client: { ask: () => Promise.reject(new Error("EAGAIN")) } })
      .run(session("s-1", given));
    expect(harness.lines("usage")[0]).toMatchObject({ source: "statusline" });
    expect(harness.state()?.backOff).toMatchObject({ reason: "EAGAIN" });
  });
});
