import { describe, expect, test } from "bun:test";
import { compare, type CompareJson } from "../../src/reports/compare.ts";
import { daily } from "../../src/reports/daily.ts";
import type { Observation } from "../../src/model/observation.ts";
import { comparedRanges } from "../../src/reports/shared/usage/before.ts";
import { fullContext, golden, runReport, sample } from "./harness.ts";
import { HOUR, used } from "./hub-machines.ts";
import { ledgerOf, NOW, queryOf } from "./sample.ts";

const DAY = 24 * HOUR;
/** A price of $25 per million tokens of output. */
const dollarsOf = (output: number): number => (output * 25) / 1e6;

async function compared(observations: readonly Observation[], options: Parameters<typeof queryOf>[1]) {
  using ledger = ledgerOf(observations);
  const { json, notes } = await runReport(compare, options, fullContext(ledger), ledger);
  return { ...(json as CompareJson), notes };
}

describe("compare", () => {
  golden(compare, "compare", { since: "2026-10-25", until: "2026-11-11" });

  test("today is compared with yesterday up to the same time of day, and a note says so", async () => {
    const { parts, totals, range, before, notes } = await compared(
      [used("a", NOW - HOUR, 3_000), used("b", NOW - DAY - HOUR, 2_000), used("c", NOW - DAY + HOUR, 5_000)],
      { since: "2026-11-20", until: "2026-11-20" },
    );
    expect(totals).toMatchObject({
      tokens: 3_000,
      tokensBefore: 2_000,
      costBefore: dollarsOf(2_000),
      changePercent: 50,
    });
    expect(parts).toEqual([expect.objectContaining({ name: "opus-5-5", share: 100, cost: dollarsOf(3_000) })]);
    expect(range).toMatchObject({
      since: "2026-11-20",
      until: "2026-11-20",
      to: "2026-11-20T10:00:00.000Z",
      isOver: false,
    });
    expect(before).toMatchObject({ since: "2026-11-19", until: "2026-11-19", to: "2026-11-19T10:00:00.000Z" });
    expect(notes).toContain("Before: 2026-11-19 00:00 to 2026-11-19 11:00, since the range is not over either.");
  });

  test("days that are over are compared with as many whole days before, and what was only there is a part too", async () => {
    const { parts, totals, before, notes } = await compared(
      [used("a", NOW - DAY, 4_000), used("b", NOW - 3 * DAY, 5_000), used("c", NOW - 5 * DAY, 9)],
      { since: "2026-11-18", until: "2026-11-19" },
    );
    expect(totals).toMatchObject({ tokens: 4_000, tokensBefore: 5_000, changePercent: -20, tokensChangePercent: -20 });
    expect(parts).toHaveLength(1);
    expect(before).toMatchObject({ since: "2026-11-16", until: "2026-11-17", recordedFrom: null });
    expect(notes).toContain("Before: 2026-11-16 to 2026-11-17.");
    const gone = await compared([used("a", NOW - 3 * DAY, 5_000)], { since: "2026-11-18", until: "2026-11-19" });
    expect(gone.parts).toEqual([
      expect.objectContaining({ cost: 0, costBefore: dollarsOf(5_000), changePercent: -100 }),
    ]);
  });

  test("a change from nothing is not known, and a ledger that begins within the range before says so", async () => {
    const { totals, before, notes } = await compared([used("a", NOW - HOUR, 10)], { last: "2d" });
    expect(totals).toMatchObject({ changePercent: null, tokensChangePercent: null, costBefore: 0 });
    expect(before.recordedFrom).toBe("2026-11-20");
    expect(notes).toContain("The ledger begins on 2026-11-20, so what was before is not complete.");
  });

  test("hours are compared with as many hours before", () => {
    const { range, before, isOver } = comparedRanges(queryOf(sample, { last: "24h" }));
    expect([range.from, range.to, before.from, before.to].map((at) => (at - NOW) / HOUR)).toEqual([-24, 0, -48, -24]);
    expect(isOver).toBe(true);
  });

  test("hours before are those that are counted, in whole buckets, also from midnight on", () => {
    const after = comparedRanges(queryOf(sample, { last: "1h", now: NOW + 7 * 60_000 }));
    expect([after.range.from, after.before.from, after.before.to].map((at) => (at - NOW) / HOUR)).toEqual([-1, -2, -1]);
    // It is 11:00 in Berlin: the hours begin with the day, and are not all of it.
    const { before } = comparedRanges(queryOf(sample, { last: "11h" }));
    expect([before.from, before.to].map((at) => (at - NOW) / HOUR)).toEqual([-22, -11]);
  });

  test("a range of the future is compared with nothing, and a note says so", async () => {
    const future = { since: "2026-12-01", until: "2026-12-31" };
    const { range, before, totals, notes } = await compared([used("a", NOW - HOUR, 10)], future);
    expect([range.from, range.to]).toEqual(["2026-11-30T23:00:00.000Z", "2026-11-30T23:00:00.000Z"]);
    expect(before).toMatchObject({ since: "2026-11-01", until: "2026-11-01", from: before.to });
    expect(totals).toMatchObject({ tokens: 0, tokensBefore: 0 });
    expect(notes).toContain("The range has not begun, so it is compared with nothing.");
  });

  test("the same time of day is that of the clock where the weeks have different offsets", () => {
    const now = Date.parse("2026-10-26T09:10:00Z");
    const { before } = comparedRanges(
      queryOf(sample, { zone: "Europe/Berlin", since: "2026-10-26", until: "2026-11-01", now }),
    );
    // 10:10 in summer time is an hour earlier in UTC; times are those of buckets.
    expect(new Date(before.to).toISOString()).toBe("2026-10-19T08:00:00.000Z");
    const sunday = Date.parse("2026-11-01T11:10:00Z");
    const changed = comparedRanges(queryOf(sample, { since: "2026-10-26", now: sunday })).before;
    // The clock was turned back in the night before 12:10.
    expect(new Date(changed.to).toISOString()).toBe("2026-10-25T11:00:00.000Z");
    const kolkata = comparedRanges(queryOf(sample, { zone: "Asia/Kolkata", since: "2026-10-26", now })).before;
    expect(new Date(kolkata.to).toISOString()).toBe("2026-10-25T09:00:00.000Z");
  });

  test.each(["model", "project", "branch", "assistant"] as const)(
    "parts by %s add up to the totals, which are those of daily",
    async (split) => {
      const { json } = await runReport(compare, { since: "2026-10-25", until: "2026-11-11", split });
      const { parts, totals, by } = json as CompareJson;
      const days = (await runReport(daily, { since: "2026-10-25", until: "2026-11-11" })).json as { totals: object };
      expect(days.totals).toMatchObject({ totalCost: totals.cost, totalTokens: totals.tokens });
      const past = (await runReport(daily, { since: "2026-10-07", until: "2026-10-24" })).json as { totals: object };
      expect(past.totals).toMatchObject({ totalCost: totals.costBefore, totalTokens: totals.tokensBefore });
      expect(by).toBe(split);
      expect(parts.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(totals.tokens);
      expect(parts.reduce((sum, { tokensBefore }) => sum + tokensBefore, 0)).toBe(totals.tokensBefore);
      expect(parts.reduce((sum, { tokenShare }) => sum + (tokenShare ?? 0), 0)).toBeCloseTo(100);
    },
  );

  test("with a plan, the range is compared with what the plan costs for as many days", async () => {
    const options = { since: "2026-11-14", until: "2026-11-20" };
    const { json, notes } = await runReport(compare, options, fullContext(sample, { planDollars: 200 }));
    const { plan, totals } = json as CompareJson;
    expect(plan).toMatchObject({
      monthlyDollars: 200,
      days: 7,
      rangeDollars: 45.995893,
      listPriceDollars: totals.cost,
    });
    expect(plan?.ratio).toBeCloseTo((totals.cost ?? 0) / 45.995893);
    expect(notes).toContainEqual(
      expect.stringMatching(/^\$\S+ at list prices for a plan of \$46\.00 for 7 days \(\$200\.00 a month\): <0\.1x\.$/),
    );
    const part = await runReport(compare, { ...options, project: "shop" }, fullContext(sample, { planDollars: 200 }));
    expect(part.json).not.toHaveProperty("plan");
  });
});
