import { afterAll, describe, expect, test } from "bun:test";
import { Costs } from "../../src/asking/costs.ts";
import type { Answer } from "../../src/asking/question.ts";
import { PriceTable } from "../../src/model/price.ts";
import { reports } from "../../src/reports/all.ts";
import { booksOf, ledgerOf, NOW, questionOf, sampleLedger } from "./sample.ts";
import { sampleObservations } from "./sample-work.ts";

const ledger = sampleLedger();
afterAll(() => ledger[Symbol.dispose]());

type Fields = Readonly<Record<string, unknown>>;

async function ask(name: string, asked: Parameters<typeof questionOf>[1] = {}, mode?: "calculate" | "display") {
  const report = reports.find((one) => one.name === name);
  if (!report) throw new Error(`no report ${name}`);
  const books = booksOf(ledger, mode ? { costs: new Costs(new PriceTable(), mode) } : {});
  return report.run(questionOf(ledger, asked), books);
}

const listOf = ({ json }: Answer, name: string): readonly Fields[] => (json as Record<string, Fields[]>)[name] ?? [];
const find = (answer: Answer, list: string, field: string, value: string): Fields | undefined =>
  listOf(answer, list).find((one) => one[field] === value);

describe("periods", () => {
  test("a session across midnight is on two days, one in the hour that comes twice on one", async () => {
    const answer = await ask("daily");
    const tokens = (date: string): unknown => find(answer, "daily", "date", date)?.["totalTokens"];
    expect(tokens("2026-10-17")).toBe(357_515);
    expect(tokens("2026-10-18")).toBe(347_575);
    expect(tokens("2026-10-24")).toBeUndefined();
    expect(tokens("2026-10-25")).toBe(2_819_259);
    // In UTC it begins the day before.
    expect(find(await ask("daily", { zone: "UTC" }), "daily", "date", "2026-10-24")).toBeDefined();
  });

  test("weeks begin on Sunday and months on the first", async () => {
    expect(
      listOf(await ask("weekly"), "weekly")
        .slice(0, 3)
        .map(({ week }) => week),
    ).toEqual(["2026-09-27", "2026-10-04", "2026-10-11"]);
    expect(listOf(await ask("monthly"), "monthly").map(({ month }) => month)).toEqual([
      "2026-09",
      "2026-10",
      "2026-11",
    ]);
  });

  test("what has no price is named, and never costs nothing", async () => {
    const answer = await ask("daily", { since: "2026-11-02", until: "2026-11-02" });
    expect(answer.notes).toEqual(["Costs are without 94,686 tokens of mystery-9, which has no price."]);
    const [day] = listOf(answer, "daily");
    expect(day).toMatchObject({ unpricedTokens: 94_686, unpricedModels: ["mystery-9"] });
    expect(day?.["modelBreakdowns"]).toContainEqual(
      expect.objectContaining({ modelName: "mystery-9", cost: null, missingPricing: true }),
    );
    const alone = await ask("daily", { model: "mystery" });
    expect(alone.totals?.at(-1)).toBeNull();
    expect(alone.json).toMatchObject({ totals: { totalCost: null, totalTokens: 179_560 } });
  });
});

describe("imported days", () => {
  test("count where the ledger has none of its own, by the better of two programs", async () => {
    const answer = await ask("daily");
    expect(find(answer, "daily", "date", "2026-09-29")).toMatchObject({
      totalTokens: 5_451_900,
      totalCost: 3.012,
      provenance: ["ccusage"],
    });
    expect(find(answer, "daily", "date", "2026-10-05")).not.toHaveProperty("provenance");
    expect(answer.notes).toContain("Imported, not counted here: 2026-09-29 from ccusage; 2026-09-30 from stats-cache.");
  });

  test("of which only the sum is known stand in the total alone, without a price", async () => {
    const answer = await ask("daily", { since: "2026-09-30", until: "2026-09-30" });
    expect(listOf(answer, "daily")[0]).toMatchObject({
      inputTokens: 0,
      totalTokens: 1_250_000,
      unsplitTokens: 1_250_000,
      totalCost: null,
      unpricedTokens: 1_250_000,
    });
  });

  test("are of no project, no branch and no account, and of the model that was asked for", async () => {
    const dates = async (asked: Parameters<typeof questionOf>[1]) =>
      listOf(await ask("daily", { ...asked, until: "2026-09-30" }), "daily").map(({ date }) => date);
    expect(await dates({ project: "shop" })).toEqual([]);
    expect(await dates({ branch: "main" })).toEqual([]);
    expect(await dates({ accounts: ["/home/ada/.claude"] })).toEqual([]);
    expect(await dates({ model: "Opus" })).toEqual(["2026-09-30"]);
  });

  test("are priced by their tokens where that is asked for, and not where what was told is", async () => {
    const cost = async (mode: "calculate" | "display") =>
      find(await ask("daily", {}, mode), "daily", "date", "2026-09-29")?.["totalCost"];
    expect(await cost("display")).toBe(3.012);
    expect(await cost("calculate")).not.toBe(3.012);
  });
});

describe("sessions", () => {
  test("stand by cost, and know when they were at work also before the second pass", async () => {
    const dearest = listOf(await ask("session"), "sessions")[0];
    expect(dearest).toMatchObject({
      sessionId: "5e550005-0000-4000-8000-000000000000",
      project: "/home/ada/work/shop",
    });
    expect(dearest?.["firstActivity"]).toBe("2026-10-24T23:49:40.000Z");
    using early = ledgerOf(sampleObservations().filter(({ kind }) => kind === "response"));
    const report = reports.find(({ name }) => name === "session");
    const answer = await report?.run(questionOf(early), booksOf(early));
    const first = answer && find(answer, "sessions", "sessionId", "5e550005-0000-4000-8000-000000000000");
    expect(first).toMatchObject({
      firstActivity: "2026-10-24T23:50:00.000Z",
      lastActivity: "2026-10-25T02:18:49.000Z",
    });
  });

  test("reach no further than the range", async () => {
    const answer = await ask("session", { since: "2026-10-18", until: "2026-10-18" });
    expect(listOf(answer, "sessions")).toHaveLength(1);
    expect(String(listOf(answer, "sessions")[0]?.["firstActivity"]) >= "2026-10-17T22:00").toBe(true);
  });
});

describe("blocks", () => {
  test("are measured where the log knows them, and the open one has a rate", async () => {
    const answer = await ask("blocks");
    const real = listOf(answer, "blocks").filter(({ isGap }) => isGap === false);
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

  test("are the same whatever part of their usage is asked for", async () => {
    const starts = async (asked: Parameters<typeof questionOf>[1]) =>
      listOf(await ask("blocks", asked), "blocks").flatMap(({ isGap, startTime }) => (isGap ? [] : [startTime]));
    const all = await starts({});
    for (const asked of [{ project: "api" }, { model: "haiku" }, { branch: "feat/cart" }, { since: "2026-11-11" }]) {
      const some = await starts(asked);
      expect(some.length).toBeGreaterThan(0);
      expect(some.filter((one) => !all.includes(one))).toEqual([]);
    }
  });

  test("have no cost where nothing in them has a price", async () => {
    const [open] = listOf(
      await ask("blocks", { since: "2026-11-19", now: Date.parse("2026-11-19T21:00:00Z"), model: "mystery" }),
      "blocks",
    );
    expect(open).toMatchObject({
      isActive: true,
      costUSD: null,
      burnRate: { costPerHour: null },
      projection: { totalCost: null },
    });
  });

  test("show the open one in any range that reaches to now", async () => {
    const [open] = listOf(await ask("blocks", { last: "1h", now: NOW }), "blocks");
    expect(open).toMatchObject({ isActive: true, entries: 26 });
  });
});

describe("branches and projects", () => {
  test("projects of one name are told apart, and branches know their pull requests", async () => {
    const names = (await ask("projects")).rows.map(([name]) => name);
    expect(names).toEqual(["work/api", "shop", "old/api", "(unknown)"]);
    const branch = find(await ask("branches"), "branches", "branch", "feat/export");
    expect(branch?.["pullRequests"]).toEqual(["https://github.com/example/api/pull/57"]);
  });
});
