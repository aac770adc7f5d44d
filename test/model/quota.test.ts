import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import full from "../fixtures/control/oauth-seed.get_usage.json";
import stale from "../fixtures/control/oauth-seed-stale.get_usage.json";
import turn from "../fixtures/control/oauth-turn.get_usage.json";
import key from "../fixtures/control/key-all.get_usage.json";
import {
  extraSpend,
  extraUsageOf,
  hasDropped,
  holdsLimits,
  isPast,
  type Quota,
  quotasOf,
  quotasOfSession,
  sameWindow,
  spendText,
} from "../../src/model/quota.ts";
import { sessionOf } from "../../src/model/session.ts";

const five = Date.parse("2026-11-20T10:56:28Z");
const week = Date.parse("2026-11-24T13:39:28Z");

describe("limits in a get_usage answer", () => {
  test("all limits of a recorded answer are read", () => {
    expect(quotasOf(full)).toEqual([
      { key: "five_hour", percent: 42, resetsAt: five },
      { key: "seven_day", percent: 17, resetsAt: week },
      { key: "model:Fable", percent: 9, resetsAt: week },
      { key: "model:Sonnet", percent: 5, resetsAt: week },
    ]);
    expect(extraUsageOf(full)).toEqual({ percent: 24.68, used: 1234, limit: 5000, currency: "USD" });
  });

  test("recorded answers from a stale cache, after a turn and with an API key are read", () => {
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

  test("any answer is read without an error and gives finite percentages", () => {
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

describe("limits of an account without windows", () => {
  const enterprise = (extra: object) => ({
    rate_limits: { five_hour: null, seven_day: null, limits: [], extra_usage: { is_enabled: true, ...extra } },
  });

  test("extra usage alone counts as a limit, and a missing percentage is computed from the amounts", () => {
    const answer = enterprise({ monthly_limit: 40_000, used_credits: 37_519, utilization: null, currency: "USD" });
    expect(quotasOf(answer)).toEqual([]);
    expect(holdsLimits(answer)).toBe(true);
    const extra = extraUsageOf(answer);
    expect(extra?.percent).toBeCloseTo(93.7975);
    expect(extra && spendText(extraSpend(extra))).toBe("$375.19 of $400.00");
  });

  test("extra usage without a limit, without an amount or with another minor unit is handled", () => {
    expect(extraUsageOf(enterprise({ monthly_limit: null, used_credits: 5, utilization: null }))).toEqual({
      percent: null,
      used: 5,
      limit: null,
      currency: "USD",
    });
    expect(extraUsageOf(enterprise({ used_credits: 5, currency: null }))?.currency).toBe("USD");
    expect(extraUsageOf(enterprise({ used_credits: 5, currency: "\u001b[2J" }))?.currency).toBe("?");
    expect(extraUsageOf(enterprise({ monthly_limit: 5_000, used_credits: null, utilization: null }))).toBeNull();
    expect(extraUsageOf(enterprise({ monthly_limit: 0, used_credits: 5 }))).toMatchObject({
      percent: null,
      limit: null,
    });
    const yen = extraUsageOf(
      enterprise({ used_credits: 1_234, monthly_limit: 5_000, currency: "JPY", decimal_places: 0 }),
    );
    expect(yen && spendText(extraSpend(yen))).toBe("1234 JPY of 5000 JPY");
  });

  test("a gateway's spend limit is read from stdin and from an answer, with or without amounts, its reset in any notation", () => {
    const given = {
      used_percentage: 94.1,
      resets_at: 4_102_444_800,
      used_usd: 375.19,
      limit_usd: 400,
      period: "monthly",
    };
    const spend = { used: 375.19, limit: 400, currency: "USD", period: "monthly" };
    const known = { key: "spend_limit", percent: 94.1, resetsAt: Date.UTC(2100, 0, 1), spend };
    expect(quotasOfSession(sessionOf({ rate_limits: { spend_limit: given } }))).toEqual([known]);
    const answer = { ...given, used_percentage: undefined, utilization: 94.1, resets_at: "2100-01-01T00:00:00Z" };
    expect(quotasOf({ rate_limits: { spend_limit: answer } })).toEqual([known]);
    const bare = { used_percentage: 112.5, resets_at: 4_102_444_800 };
    expect(quotasOfSession(sessionOf({ rate_limits: { spend_limit: bare } }))).toEqual([
      { key: "spend_limit", percent: 112.5, resetsAt: Date.UTC(2100, 0, 1) },
    ]);
    expect(quotasOf({ rate_limits: { spend_limit: { used_usd: 1, limit_usd: 4 } } })[0]?.percent).toBe(25);
    const dates = ["2100-01-01", "2100-01-01 00:00:00+00:00", "Fri, 01 Jan 2100 00:00:00 GMT"];
    for (const date of dates) {
      const rate_limits = {
        spend_limit: { ...answer, resets_at: date },
        five_hour: { utilization: 1, resets_at: date },
      };
      expect(quotasOf({ rate_limits }).map(({ resetsAt }) => resetsAt)).toEqual([
        Date.UTC(2100, 0, 1),
        Date.UTC(2100, 0, 1),
      ]);
    }
    for (const none of [null, {}, { used_usd: 3 }, { limit_usd: 3 }, { used_percentage: -1 }, "x", []])
      expect(quotasOf({ rate_limits: { spend_limit: none } })).toEqual([]);
  });
});

describe("two readings of a limit", () => {
  const quota = (percent: number, resetsAt: number | null, name = "five_hour"): Quota => ({
    key: name,
    percent,
    resetsAt,
  });

  test("readings with nearly the same reset belong to the same window", () => {
    expect(sameWindow(quota(1, five), quota(2, five + 300_000))).toBe(true);
    expect(sameWindow(quota(1, five), quota(2, five + 300_001))).toBe(false);
    expect(sameWindow(quota(1, null), quota(2, null))).toBe(false);
  });

  test("a drop is more than rounding, and a time in the future is not valid", () => {
    expect([hasDropped(42.9, 42), hasDropped(60, 2), hasDropped(2, 60)]).toEqual([false, true, false]);
    expect([isPast(five, five), isPast(five + 500, five), isPast(five + 60_000, five)]).toEqual([true, true, false]);
  });
});
