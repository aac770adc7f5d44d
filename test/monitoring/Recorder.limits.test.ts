import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import keyAnswer from "../fixtures/control/key-all.get_usage.json";
import type { UsageRecord } from "../../src/model/record.ts";
import type { ClaudeAnswers } from "../../src/monitoring/types.ts";
import { answers, Harness, MINUTE, session, START } from "./harness.ts";

describe("limits from sessions and from answers of the program", () => {
  const weekly = (percent: number, resetsAt = START + 4 * 86_400_000): object => ({
    rate_limits: { seven_day: { used_percentage: percent, resets_at: resetsAt / 1_000 } },
  });
  const silent: ClaudeAnswers = { ...answers, usage: null, failure: { reason: "no answer", raw: null } };
  const samplesOf = (harness: Harness) => harness.memory().scopes["login-x"]?.samples;
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
    for (const file of [harness.files.state, harness.files.memory]) rmSync(file);
    harness.now += MINUTE;
    await harness.recorder().run(null);
    expect(
      samplesOf(harness)
        ?.filter(({ quota }) => quota.key === "seven_day")
        .map(({ at, quota }) => [at - START, quota.percent]),
    ).toEqual([
      [-3 * 3_600_000, 60],
      [0, 17],
      [2 * MINUTE - 5_000, 1],
    ]);
  });

  test("a limit that was not observed again is remembered once, however many records are made", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    harness.reply = silent;
    for (let minute = 0; minute < 3; minute++) {
      harness.now += MINUTE;
      await harness.recorder().run(session("s-1"));
    }
    expect(samplesOf(harness)?.map(({ at, quota }) => [at - START, quota.key])).toEqual([
      [0, "five_hour"],
      [0, "seven_day"],
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
    const heard = { ...session("s-1", given), heardAt: START };
    for (let minute = 0; minute < 20; minute++, harness.now += MINUTE) await harness.recorder().run(heard);
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

  test("a limit of unknown age is written to its record, but is not taken for a current one", async () => {
    using harness = new Harness();
    harness.reply = { ...answers, usage: { source: "control", data: keyAnswer } };
    await harness.recorder().run(session("s-1", given));
    expect((harness.lines("usage")[0] as unknown as UsageRecord).statusline).toMatchObject({ ...given, seen_at: null });
    expect(harness.state()?.quotas).toEqual([]);
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
