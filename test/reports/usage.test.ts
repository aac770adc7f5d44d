import { afterAll, describe, expect, test } from "bun:test";
import { runReport, type ShownResult } from "./harness.ts";
import { Costs } from "../../src/pricing/costs.ts";
import { PriceTable } from "../../src/model/price.ts";
import { blocks } from "../../src/reports/blocks.ts";
import { reports } from "../../src/reports/registry.ts";
import { session } from "../../src/reports/session.ts";
import { contextOf, ledgerOf, NOW, prices, queryOf, sampleLedger } from "./sample.ts";
import { plainResponse } from "../ledger/sample.ts";
import { sampleObservations } from "./sample-work.ts";

const ledger = sampleLedger();
afterAll(() => ledger[Symbol.dispose]());

type Fields = Readonly<Record<string, unknown>>;

async function runNamed(name: string, options: Parameters<typeof queryOf>[1] = {}, mode?: "calculate" | "display") {
  const report = reports.find((one) => one.name === name);
  if (!report) throw new Error(`no report ${name}`);
  const context = contextOf(ledger, mode ? { costs: new Costs(new PriceTable(prices), mode) } : {});
  return await runReport(report, options, context, ledger);
}

const listOf = ({ json }: Pick<ShownResult, "json">, name: string): readonly Fields[] =>
  (json as Record<string, Fields[]>)[name] ?? [];
const find = (result: Pick<ShownResult, "json">, list: string, field: string, value: string): Fields | undefined =>
  listOf(result, list).find((one) => one[field] === value);

describe("periods", () => {
  test("a session across midnight counts on two days, one in the hour repeated by a clock change on one", async () => {
    const result = await runNamed("daily");
    const tokens = (date: string): unknown => find(result, "daily", "date", date)?.["totalTokens"];
    expect(tokens("2026-10-17")).toBe(357_515);
    expect(tokens("2026-10-18")).toBe(347_575);
    expect(tokens("2026-10-24")).toBeUndefined();
    expect(tokens("2026-10-25")).toBe(2_819_259);
    // In UTC the session begins on the day before.
    expect(find(await runNamed("daily", { zone: "UTC" }), "daily", "date", "2026-10-24")).toBeDefined();
  });

  test("weeks begin on Sunday and months on the first", async () => {
    expect(
      listOf(await runNamed("weekly"), "weekly")
        .slice(0, 3)
        .map(({ week }) => week),
    ).toEqual(["2026-09-27", "2026-10-04", "2026-10-11"]);
    expect(listOf(await runNamed("monthly"), "monthly").map(({ month }) => month)).toEqual([
      "2026-09",
      "2026-10",
      "2026-11",
    ]);
  });

  test("a model without a price is named in a note and has no cost", async () => {
    const result = await runNamed("daily", { since: "2026-11-02", until: "2026-11-02" });
    expect(result.notes).toEqual(["Costs exclude 94,686 tokens of mystery-9, which has no price."]);
    const [day] = listOf(result, "daily");
    expect(day).toMatchObject({ unpricedTokens: 94_686, unpricedModels: ["mystery-9"] });
    expect(day?.["modelBreakdowns"]).toContainEqual(
      expect.objectContaining({ modelName: "mystery-9", cost: null, missingPricing: true }),
    );
    const alone = await runNamed("daily", { model: "mystery" });
    expect(alone.totals?.at(-1)).toBeNull();
    expect(alone.json).toMatchObject({ totals: { totalCost: null, totalTokens: 179_560 } });
  });
});

describe("bars of usage reports", () => {
  const barsAndTotals = async (options: Parameters<typeof queryOf>[1]) => {
    const { rows, bar, json } = await runNamed("daily", options);
    const days = (json as { daily: { totalTokens: number; totalCost: number | null }[] }).daily;
    return { bars: rows.map((row) => bar?.value(row) ?? null), days };
  };

  test("the bar of a row shows its cost", async () => {
    const { bars, days } = await barsAndTotals({ since: "2026-11-02" });
    expect(bars).toEqual(days.map(({ totalCost }) => totalCost && Math.round(totalCost * 1e6)));
    expect(new Set(bars).size).toBeGreaterThan(3);
  });

  test("the bar of a row shows its tokens where nothing in the report has a price", async () => {
    const { bars, days } = await barsAndTotals({ model: "mystery" });
    expect(bars).toEqual(days.map(({ totalTokens }) => totalTokens));
    expect(bars.length).toBeGreaterThan(1);
  });
});

describe("imported days", () => {
  test("an imported day counts where the ledger has no usage, from the preferred program", async () => {
    const result = await runNamed("daily");
    expect(find(result, "daily", "date", "2026-09-29")).toMatchObject({
      totalTokens: 5_451_900,
      totalCost: 3.012,
      provenance: ["ccusage"],
    });
    expect(find(result, "daily", "date", "2026-10-05")).not.toHaveProperty("provenance");
    expect(result.notes).toContain("Includes imported usage: 2026-09-29 from ccusage; 2026-09-30 from stats-cache.");
  });

  test("all days begin with an imported one that is before the ledger's", async () => {
    const { json } = await runNamed("daily", { hasAllPeriods: true, until: "2026-10-05" });
    const dates = (json as { daily: { date: string }[] }).daily.map(({ date }) => date);
    expect(dates).toEqual(["2026-09-29", "2026-09-30", ...[1, 2, 3, 4, 5].map((day) => `2026-10-0${day}`)]);
  });

  test("imported tokens without classes count in the total only, without a price", async () => {
    const result = await runNamed("daily", { since: "2026-09-30", until: "2026-09-30" });
    expect(listOf(result, "daily")[0]).toMatchObject({
      inputTokens: 0,
      totalTokens: 1_250_000,
      unsplitTokens: 1_250_000,
      totalCost: null,
      unpricedTokens: 1_250_000,
    });
  });

  test("imported days have no project, no branch and no account, and are filtered by model", async () => {
    const dates = async (options: Parameters<typeof queryOf>[1]) =>
      listOf(await runNamed("daily", { ...options, until: "2026-09-30" }), "daily").map(({ date }) => date);
    expect(await dates({ project: "shop" })).toEqual([]);
    expect(await dates({ branch: "main" })).toEqual([]);
    expect(await dates({ accounts: ["/home/ada/.claude"] })).toEqual([]);
    expect(await dates({ model: "Opus" })).toEqual(["2026-09-30"]);
  });

  test("an imported day that the range holds in part does not count", async () => {
    const now = Date.parse("2026-09-30T12:00:00Z");
    expect(listOf(await runNamed("daily", { last: "24h", now }), "daily")).toEqual([]);
    expect(listOf(await runNamed("daily", { last: "2d", now }), "daily")).toHaveLength(2);
  });

  test("imported days are priced by their tokens with --cost-mode calculate, and by their reported cost with display", async () => {
    const cost = async (mode: "calculate" | "display") =>
      find(await runNamed("daily", {}, mode), "daily", "date", "2026-09-29")?.["totalCost"];
    expect(await cost("display")).toBe(3.012);
    // 900 input, 41,000 output, 210,000 cache writes of five minutes, 5,200,000 cache reads.
    expect(await cost("calculate")).toBe((900 * 3 + 41_000 * 15 + 210_000 * 3.75 + 5_200_000 * 0.3) / 1e6);
  });
});

describe("sessions", () => {
  test("sessions are ordered by cost, and have their times before activity is read", async () => {
    const mostExpensive = listOf(await runNamed("session"), "sessions")[0];
    expect(mostExpensive).toMatchObject({
      sessionId: "5e550005-0000-4000-8000-000000000000",
      project: "/home/ada/work/shop",
    });
    expect(mostExpensive?.["firstActivity"]).toBe("2026-10-24T23:49:40.000Z");
    using early = ledgerOf(sampleObservations().filter(({ kind }) => kind === "response"));
    const result = await runReport(session, {}, contextOf(early), early);
    const first = find(result, "sessions", "sessionId", "5e550005-0000-4000-8000-000000000000");
    expect(first).toMatchObject({
      firstActivity: "2026-10-24T23:50:00.000Z",
      lastActivity: "2026-10-25T02:18:49.000Z",
    });
  });

  test("the times of sessions stay within the range", async () => {
    const result = await runNamed("session", { since: "2026-10-18", until: "2026-10-18" });
    expect(listOf(result, "sessions")).toHaveLength(1);
    expect(String(listOf(result, "sessions")[0]?.["firstActivity"]) >= "2026-10-17T22:00").toBe(true);
    const [before] = listOf(await runNamed("session", { since: "2026-10-17", until: "2026-10-17" }), "sessions");
    expect(String(before?.["lastActivity"]) < "2026-10-17T22:00").toBe(true);
  });
});

describe("blocks", () => {
  test("blocks are measured where the log has them, and the open one has a rate", async () => {
    const result = await runNamed("blocks");
    const real = listOf(result, "blocks").filter(({ isGap }) => isGap === false);
    expect(real.map(({ isEstimated }) => isEstimated)).toEqual([...Array(8).fill(true), ...Array(3).fill(false)]);
    expect(real.at(-1)).toMatchObject({
      startTime: "2026-11-20T07:50:00.000Z",
      endTime: "2026-11-20T12:50:00.000Z",
      isActive: true,
      entries: 26,
      projection: { remainingMinutes: 170 },
    });
    expect(real.slice(0, -1).every(({ burnRate }) => burnRate === null)).toBe(true);
  });

  test("blocks begin at the same times whatever filter is given", async () => {
    const starts = async (options: Parameters<typeof queryOf>[1]) =>
      listOf(await runNamed("blocks", options), "blocks").flatMap(({ isGap, startTime }) => (isGap ? [] : [startTime]));
    const all = await starts({});
    for (const options of [{ project: "api" }, { model: "haiku" }, { branch: "feat/cart" }, { since: "2026-11-11" }]) {
      const some = await starts(options);
      expect(some.length).toBeGreaterThan(0);
      expect(some.filter((one) => !all.includes(one))).toEqual([]);
    }
  });

  test("responses of one bucket belong to different windows if a window ends between them", async () => {
    const times = ["2026-11-19T18:16:00Z", "2026-11-19T18:25:00Z", "2026-11-19T18:26:00Z"];
    using split = ledgerOf(
      times.map((time, index) => ({
        kind: "response",
        key: `response:${index}`,
        body: { ...plainResponse, at: Date.parse(time), output: 1 },
      })),
    );
    const found = listOf(await runReport(blocks, {}, contextOf(split), split), "blocks");
    expect(found.map(({ entries, endTime }) => [entries, endTime])).toEqual([
      [1, "2026-11-19T18:20:00.000Z"],
      [2, expect.any(String) as string],
    ]);
  });

  test("a block without any price has no cost", async () => {
    const [open] = listOf(
      await runNamed("blocks", { since: "2026-11-19", now: Date.parse("2026-11-19T21:00:00Z"), model: "mystery" }),
      "blocks",
    );
    expect(open).toMatchObject({
      isActive: true,
      costUSD: null,
      burnRate: { costPerHour: null },
      projection: { totalCost: null },
    });
  });

  test("the open block is shown in every range that includes now", async () => {
    const [open] = listOf(await runNamed("blocks", { last: "1h", now: NOW }), "blocks");
    expect(open).toMatchObject({ isActive: true, entries: 26 });
  });
});

describe("branches and projects", () => {
  test("projects with the same name get distinct names, and branches have their pull requests", async () => {
    const names = (await runNamed("projects")).cells.map(([name]) => name);
    expect(names).toEqual(["work/api", "shop", "old/api", "(unknown)"]);
    const branch = find(await runNamed("branches"), "branches", "branch", "feat/export");
    expect(branch?.["pullRequests"]).toEqual(["https://github.com/example/api/pull/57"]);
  });
});
