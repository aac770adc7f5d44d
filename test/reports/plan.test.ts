import { afterAll, describe, expect, test } from "bun:test";
import plans from "../../data/plans.json";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Observation } from "../../src/model/observation.ts";
import { loggedRecord, type LoggedRecord, type UsageRecord } from "../../src/model/record.ts";
import { monthly } from "../../src/reports/monthly.ts";
import { overview } from "../../src/reports/overview.ts";
import { limitPeak, planChoice, type PlanMonth } from "../../src/reports/shared/plan/choice.ts";
import { fields, listOf } from "../../src/utils/json.ts";
import { plainResponse } from "../ledger/sample.ts";
import { renderText } from "./render-text.ts";
import { contextOf, ledgerOf, NOW, queryOf, severalLedger } from "./sample.ts";
import { OPUS, UNPRICED } from "./sample-work.ts";

/** A response whose output costs 25 dollars per million tokens. */
function response(id: string, at: string, output: number, model: string = OPUS): Observation {
  const body = { ...plainResponse, at: Date.parse(at), model, output, cost: null };
  return { kind: "response", key: `response:${id}`, body };
}

const TABLE = `Plans as of ${plans.date}: Pro $20, Max $100, Ultra $200 a month (${plans.source}).`;

// At list prices: $50 in September from the 10th, $250 in October, $100 in November.
const ledger = ledgerOf([
  response("a", "2026-09-10T12:00:00Z", 2_000_000),
  response("b", "2026-10-01T12:00:00Z", 4_000_000),
  response("c", "2026-10-30T12:00:00Z", 6_000_000),
  response("d", "2026-11-18T12:00:00Z", 4_000_000),
]);
const several = severalLedger();
afterAll(() => [ledger, several].forEach((one) => one[Symbol.dispose]()));

/** A usage record with the percentages of both limits. */
function record(at: string, fiveHour: number, week: number, scope = "login-x"): LoggedRecord<UsageRecord> {
  const limit = (utilization: number) => ({ utilization, resets_at: "2026-11-24T13:00:00.000Z" });
  return {
    ...loggedRecord<UsageRecord>({
      id: `usage-${at}`,
      timestamp: at,
      session_id: "s",
      cwd: null,
      model: null,
      version: "2.1.300",
      source: "control",
      usage_data: { rate_limits: { five_hour: limit(fiveHour), seven_day: limit(week) } },
      statusline: null,
    }),
    scope,
  };
}

async function run(
  report: typeof monthly,
  planDollars: number,
  log: readonly LoggedRecord[] = [],
  options: Parameters<typeof queryOf>[1] = {},
  of: Ledger = ledger,
) {
  const reportContext = contextOf(of, {
    planDollars,
    log: (kind, since) =>
      Promise.resolve(kind === "usage" ? log.filter((one) => Date.parse(one.timestamp) >= since) : []),
  });
  const result = await report.run(queryOf(of, options), reportContext);
  return { ...result, answer: result.json(result.rows) };
}

const planOf = (json: unknown) => fields(fields(json)["plan"]);

describe("the price of the subscription", () => {
  test.each([
    ["without any usage", []],
    ["of another assistant", [response("e", "2026-11-02T12:00:00Z", 1_000, UNPRICED)]],
  ])("is not mentioned for months %s", async (_, observations) => {
    using other = ledgerOf(observations);
    const { notes, answer } = await run(monthly, 100, [], {}, other);
    expect(notes.join()).not.toContain("plan");
    expect(planOf(answer)).toEqual({});
  });

  test("is compared with each month's usage at list prices, and a month that is cut or not over says so", async () => {
    const { notes, answer: json } = await run(monthly, 100);
    expect(notes).toEqual([
      "2026-09, recorded from 2026-09-10: $50.00 at list prices for a plan of $100.00 a month: 0.5x.",
      "2026-10: $250.00 at list prices for a plan of $100.00 a month: 2.5x.",
      "2026-11, not over: $100.00 at list prices for a plan of $100.00 a month: 1.0x.",
      "Counted for the plan: Claude Code and Cowork with Claude models. Their files do not say what was paid by API key.",
      "2026-11: For that usage, Max ($100.00 a month) costs no more than the API at list prices ($100.00).",
      "Whether a smaller plan would have been enough cannot be known: Pawprint's log has no limits in that time; pawprint install --log turns logging on.",
      TABLE,
    ]);
    expect(planOf(json)).toMatchObject({
      monthlyDollars: 100,
      months: [
        { month: "2026-09", isComplete: false, listPriceDollars: 50, ratio: 0.5, unpricedTokens: 0 },
        { month: "2026-10", isComplete: true, listPriceDollars: 250, ratio: 2.5, unpricedTokens: 0 },
        { month: "2026-11", isComplete: false, listPriceDollars: 100, ratio: 1, unpricedTokens: 0 },
      ],
      choice: { month: "2026-11", cheapest: null, isEstimate: false, limitPeak: null },
    });
  });

  test("is compared with the part of a month that the range leaves, and says so", async () => {
    const { notes, answer: json } = await run(monthly, 100, [], { since: "2026-10-15", until: "2026-10-31" });
    expect(notes[0]).toBe("2026-10, a part of the month: $150.00 at list prices for a plan of $100.00 a month: 1.5x.");
    expect(listOf(planOf(json)["months"])).toMatchObject([{ month: "2026-10", isComplete: false }]);
  });

  test("takes a range that begins after the first usage for recorded as a whole", async () => {
    using late = ledgerOf([
      response("a", "2026-09-10T12:00:00Z", 2_000_000),
      response("b", "2026-10-05T12:00:00Z", 4_000_000),
    ]);
    const { notes } = await run(monthly, 100, [], { since: "2026-10-01", until: "2026-10-31" }, late);
    expect(notes[0]).toBe("2026-10: $100.00 at list prices for a plan of $100.00 a month: 1.0x.");
  });

  test("counts the usage of all accounts, and says so", async () => {
    using both = ledgerOf([response("a", "2026-10-05T12:00:00Z", 4_000_000)]);
    const origin = { at: NOW, directory: "/w", hasMoved: false, reader: 1 };
    const origins = ["/home/ada/.claude", "/home/ada/.work"].map((account) => ({
      ...origin,
      account,
      session: account,
    }));
    both.ingest({ source: "claude-code", entries: [], skipped: [], restarted: [], files: [], origins });
    expect((await run(monthly, 100, [], {}, both)).notes.join(" ")).toContain(
      "Claude Code and Cowork with Claude models, of 2 accounts (--account selects one).",
    );
  });

  test("changes no field of the reports that was there before, and adds none if it is not set", async () => {
    for (const report of [monthly, overview]) {
      const [plain, compared] = await Promise.all([run(report, 0), run(report, 100)]);
      expect(fields(plain.answer)).not.toHaveProperty("plan");
      const { plan, ...rest } = fields(compared.answer);
      expect(plan).toBeDefined();
      expect(rest).toEqual(fields(plain.answer));
    }
  });

  test("is compared in the overview with the last thirty days, or with those that are recorded", async () => {
    const text = renderText(await run(overview, 20), 100);
    // From 22 October to 20 November.
    expect(text).toContain("Plan      $250.00 at list prices  12.5x the plan of $20.00 a month");
    expect(text).toContain("Claude Code and Cowork in 30 days");
    expect(planOf((await run(overview, 20)).answer)).toMatchObject({ monthlyDollars: 20, listPriceDollars: 250 });
    for (const columns of [60, 80]) expect(renderText(await run(overview, 20), columns)).not.toMatch(/Plan .*…/);
    using young = ledgerOf([response("a", "2026-11-18T12:00:00Z", 4_000_000)]);
    expect(renderText(await run(overview, 20, [], {}, young), 100)).toContain("in the 3 recorded days");
  });

  test("leaves out other assistants, other platforms and models without a price, and says so", async () => {
    const [all, own] = await Promise.all([
      run(monthly, 100, [], {}, several),
      run(monthly, 100, [], { source: "claude-code" }, several),
    ]);
    const listPrices = (json: unknown) => listOf(planOf(json)["months"]).map((one) => one["listPriceDollars"]);
    expect(listPrices(all.answer)).toEqual(listPrices(own.answer));
    expect(all.notes.join(" ")).toMatch(
      /Counted for the plan: Claude Code and Cowork with Claude models, not Codex.*\./,
    );
    using foreign = ledgerOf([
      response("a", "2026-11-01T12:00:00Z", 1_000_000),
      response("b", "2026-11-02T12:00:00Z", 1_000_000, "us.anthropic.claude-opus-5-5-v1:0"),
      response("c", "2026-11-02T12:00:00Z", 1_000_000, UNPRICED),
      response("d", "2026-11-03T12:00:00Z", 500, "claude-unheard-of-9"),
    ]);
    expect((await run(monthly, 100, [], {}, foreign)).notes).toContain(
      "2026-11, not over: $25.00 at list prices for a plan of $100.00 a month: 0.3x, without 500 tokens that have no price.",
    );
  });

  test.each([{ project: "api" }, { model: "opus" }, { branch: "main" }, { source: "codex" }])(
    "is not compared with a part of the usage: %p",
    async (options) => {
      for (const report of [monthly, overview])
        expect(fields((await run(report, 100, [], options, several)).answer)).not.toHaveProperty("plan");
    },
  );

  test("is compared with smaller plans by the log's highest reading of the month, with its basis", async () => {
    const log = [
      record("2026-10-30T12:00:00.000Z", 99, 99),
      record("2026-11-03T12:00:00.000Z", 12, 15),
      record("2026-11-18T12:00:00.000Z", 4, 14),
    ];
    const { notes, answer: json } = await run(monthly, 100, log);
    expect(notes.slice(-3)).toEqual([
      "2026-11: Cheapest for that usage, by estimate: Pro ($20.00 a month), not the API at list prices ($100.00).",
      "Basis of the estimate: at most 15.0% of Max's weekly limit was used, about 75.0% of Pro's by the plans' ratio of 5 to 1; 4 readings in the log from 2026-11-03 to 2026-11-18. Real limits need not follow that ratio.",
      TABLE,
    ]);
    expect(planOf(json)["choice"]).toMatchObject({
      cheapest: "Pro",
      dollars: 20,
      isEstimate: true,
      limitPeak: { limit: "weekly limit", percent: 15, readings: 4, from: "2026-11-03T12:00:00.000Z" },
    });
    const accounts = [...log, record("2026-11-19T12:00:00.000Z", 1, 1, "login-y")];
    expect((await run(monthly, 100, accounts)).notes.at(-2)).toContain("limits of more than one account");
  });

  test("of a month before is compared by the readings of that month alone", async () => {
    const log = [record("2026-10-30T12:00:00.000Z", 60, 10), record("2026-11-03T12:00:00.000Z", 99, 99)];
    const { notes } = await run(monthly, 200, log, { until: "2026-10-31" });
    expect(notes.at(-3)).toBe(
      "2026-10: Cheapest for that usage, by estimate: Ultra ($200.00 a month), not the API at list prices ($250.00).",
    );
    expect(notes.at(-2)).toContain(
      "at most 60.0% of Ultra's 5-hour limit was used, about 600.0% of Pro's by the plans' ratio of 10 to 1, about 120.0% of Max's",
    );
  });
});

describe("the cheapest plan", () => {
  const peak = { limit: "weekly limit", percent: 20, readings: 9, hasFiveHour: true, first: NOW, last: NOW };
  const month: PlanMonth = {
    listMicros: 300e6,
    planMicros: 200e6,
    isComplete: true,
    isPriced: true,
    peak,
    areSeveral: false,
  };

  test.each<[string, Partial<PlanMonth>, string | null, boolean]>([
    ["the smallest that would have been enough, by estimate", {}, "Max", true],
    [
      "the plan that was used, if no smaller one would have been enough",
      { peak: { ...peak, percent: 51 } },
      "Ultra",
      true,
    ],
    [
      "the plan that was used, if its limit was reached",
      { peak: { ...peak, percent: 100 }, planMicros: 100e6 },
      "Max",
      true,
    ],
    ["the API below the price of every plan, which is no estimate", { listMicros: 12e6, peak: null }, "API", false],
    ["the API, by estimate, between the prices of plans", { listMicros: 50e6 }, "API", true],
    ["not known without readings, if a smaller plan might have been enough", { peak: null }, null, false],
    ["not known from the readings of several accounts", { areSeveral: true }, null, false],
    [
      "not known from the weekly limit alone, if a smaller plan has a 5-hour limit",
      { peak: { ...peak, hasFiveHour: false } },
      null,
      false,
    ],
    [
      "not smaller if the weekly limit alone is too small",
      { peak: { ...peak, percent: 90, hasFiveHour: false } },
      "Ultra",
      true,
    ],
    ["not known for a price that is not in the table", { planMicros: 150e6 }, null, false],
    [
      "not known while the month may still become dearer than a plan",
      { listMicros: 12e6, isComplete: false },
      null,
      false,
    ],
    [
      "not known if the API might cost more, because tokens have no price",
      { listMicros: 12e6, isPriced: false },
      null,
      false,
    ],
    [
      "the smallest plan, a fact, once its price is exceeded",
      { planMicros: 20e6, isComplete: false, isPriced: false },
      "Pro",
      false,
    ],
  ])("is %s", (_, change, cheapest, isEstimate) => {
    const found = planChoice({ ...month, ...change }, () => "2026-11-20");
    expect({ cheapest: found.cheapest, isEstimate: found.isEstimate }).toEqual({ cheapest, isEstimate });
    expect(found.notes.join(" ").includes("by estimate")).toBe(isEstimate);
    expect(found.micros === null).toBe(cheapest === null);
  });

  test("is estimated from readings of the two limits that all plans have, within the time", () => {
    const log = [record("2026-11-03T12:00:00.000Z", 12, 15), record("2026-11-18T12:00:00.000Z", 40, 14)];
    const range = { from: Date.parse("2026-11-01T00:00:00.000Z"), to: Date.parse("2026-11-10T00:00:00.000Z") };
    expect(limitPeak(log, range)).toMatchObject({ limit: "weekly limit", percent: 15, readings: 2 });
    expect(limitPeak(log, { ...range, to: NOW })).toMatchObject({ limit: "5-hour limit", percent: 40, readings: 4 });
    expect(limitPeak([], range)).toBeNull();
  });
});
