import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import full from "../fixtures/control/oauth-seed.get_usage.json";
import stale from "../fixtures/control/oauth-seed-stale.get_usage.json";
import turn from "../fixtures/control/oauth-turn.get_usage.json";
import key from "../fixtures/control/key-all.get_usage.json";
import { extraUsageOf, newer, type Quota, quotasOf, sameAccount, sameWindow } from "../../src/model/quota.ts";

const five = Date.parse("2026-11-20T10:56:28Z");
const week = Date.parse("2026-11-24T13:39:28Z");

describe("the answer to get_usage", () => {
  test("with all limits, as recorded", () => {
    expect(quotasOf(full)).toEqual([
      { key: "five_hour", percent: 42, resetsAt: five },
      { key: "seven_day", percent: 17, resetsAt: week },
      { key: "model:Fable", percent: 9, resetsAt: week },
      { key: "model:Sonnet", percent: 5, resetsAt: week },
    ]);
    expect(extraUsageOf(full)).toEqual({ percent: 24.68, used: 1234, limit: 5000, currency: "USD" });
  });

  test("from a stale cache, after a turn, and with an API key", () => {
    expect(quotasOf(stale).map(({ key: name, percent }) => [name, percent])).toEqual([
      ["five_hour", 42],
      ["seven_day", 17],
      ["model:Fable", 9],
      ["model:Sonnet", 5],
    ]);
    const { limits: _, model_scoped: __, ...old } = full.rate_limits;
    expect(quotasOf({ rate_limits: old }).map(({ key: name }) => name)).toContain("model:Opus");
    expect(quotasOf(turn).map(({ key: name }) => name)).toEqual(["five_hour", "seven_day"]);
    expect(quotasOf(key)).toEqual([]);
    expect(extraUsageOf(key)).toBeNull();
  });

  test("whatever it holds: no throw, only finite percents", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (rates, limits) => {
        for (const answer of [rates, { rate_limits: rates }, { rate_limits: { five_hour: rates, limits } }]) {
          for (const { percent } of quotasOf(answer)) expect(Number.isFinite(percent)).toBe(true);
          extraUsageOf(answer);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("two sightings of a limit", () => {
  const quota = (percent: number, resetsAt: number | null, name = "five_hour"): Quota => ({
    key: name,
    percent,
    resetsAt,
  });

  test("one window: the larger is the newer; two windows: the later one", () => {
    expect(newer(quota(42, five), quota(45, five + 30_000)).percent).toBe(45);
    expect(newer(quota(99, five), quota(1, five + 3_600_000)).percent).toBe(1);
    expect(newer(quota(7, null), quota(3, five)).percent).toBe(3);
  });

  test("a window is told by its reset", () => {
    expect(sameWindow(quota(1, five), quota(2, five + 300_000))).toBe(true);
    expect(sameWindow(quota(1, five), quota(2, five + 300_001))).toBe(false);
    expect(sameWindow(quota(1, null), quota(2, null))).toBe(false);
  });

  test("another account is told by its weekly reset, while both windows are open", () => {
    const now = five - 3_600_000;
    const mine = [quota(10, week, "seven_day")];
    expect(sameAccount(mine, [quota(80, week + 7_200_000, "seven_day")], now)).toBe(false);
    expect(sameAccount(mine, [quota(80, week + 60_000, "seven_day")], now)).toBe(true);
    expect(sameAccount(mine, [quota(80, now - 1, "seven_day")], now)).toBe(true);
    expect(sameAccount([], [quota(80, week, "seven_day")], now)).toBe(true);
  });
});
