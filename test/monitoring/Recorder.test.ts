import { describe, expect, test } from "bun:test";
import { rmSync, statSync, utimesSync } from "node:fs";
import type { StatusRecord } from "../../src/model/record.ts";
import type { ClaudeAnswers, ClaudeClient } from "../../src/monitoring/types.ts";
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
    for (const file of [harness.files.state, harness.files.memory]) rmSync(file);
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
    utimesSync(harness.files.waiting("s-2"), new Date(harness.now), new Date(harness.now));
    gate.resolve();
    expect((await first).result).toBe("recorded");
    // The second run's session has its record nevertheless.
    expect(harness.lines("status").map(({ session_id }) => session_id)).toEqual(["s-1", "s-2"]);
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
