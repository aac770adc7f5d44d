import { describe, expect, test } from "bun:test";
import { dayObservations, parseDays } from "../../src/import/files.ts";
import { PawprintError } from "../../src/utils/errors.ts";

const opus = {
  modelName: "claude-opus-4-5-20251101",
  inputTokens: 1474,
  outputTokens: 191601,
  cacheCreationTokens: 462694,
  cacheReadTokens: 20601124,
  cost: 19.724896999999988,
};
const haiku = { ...opus, modelName: "claude-haiku-4-5-20251001", outputTokens: 3812, cost: 0 };
const totals = {
  inputTokens: 2948,
  outputTokens: 195413,
  cacheCreationTokens: 925388,
  cacheReadTokens: 41202248,
  totalTokens: 42325997,
  totalCost: 19.724896999999988,
  modelsUsed: [opus.modelName, haiku.modelName],
};
const day = { date: "2026-09-21", ...totals, modelBreakdowns: [opus, haiku] };
const { date, ...undated } = day;

const parsed = (value: unknown) => parseDays(value, "report.json");

/** The error that parsing throws. */
function refusal(value: unknown): PawprintError {
  try {
    parsed(value);
  } catch (error) {
    if (error instanceof PawprintError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("days of ccusage", () => {
  const row = {
    date: "2026-09-21",
    model: "claude-opus-4-5-20251101",
    provenance: "ccusage",
    input: 1474,
    output: 191601,
    cacheWrite: 462694,
    cacheRead: 20601124,
    unsplit: 0,
    cost: 19_724_897_000,
  };

  test("days are read by model from versions 17, 18 and `ccusage claude`, and a cost of 0 means no cost", () => {
    expect(parsed({ daily: [day], totals })).toEqual([
      row,
      { ...row, model: haiku.modelName, output: 3812, cost: null },
    ]);
  });

  test("reports of version 20, with a period instead of a date and with assistants, are read", () => {
    const period = { ...undated, agent: "all", period: date, metadata: { agents: ["claude"] } };
    expect(parsed({ daily: [period], totals })).toEqual(parsed({ daily: [day] }));
  });

  test("the projects of a day are added up", () => {
    const [first] = parsed({ projects: { a: [day], b: [{ ...day, modelBreakdowns: [opus] }] } });
    expect(first).toEqual({
      ...row,
      input: 2948,
      output: 383202,
      cacheWrite: 925388,
      cacheRead: 41202248,
      cost: 39_449_794_000,
    });
  });

  test("a day without models gives one row, with the model if only one was used", () => {
    const bare = { ...totals, date };
    expect(parsed({ daily: [bare] })).toMatchObject([{ model: "", output: 195413, cost: 19_724_897_000 }]);
    expect(parsed({ daily: [{ ...bare, modelsUsed: ["claude-opus-4-5"] }] })).toMatchObject([
      { model: "claude-opus-4-5" },
    ]);
  });

  test.each([
    ["weekly", { weekly: [] }],
    ["monthly", { monthly: [{ month: "2026-09" }], totals }],
    ["session", { session: [] }],
    ["sessions", { sessions: [] }],
    ["blocks", { blocks: [] }],
  ])("a %s report is refused with a hint", (name, value) => {
    expect(refusal(value)).toMatchObject({
      code: "bad_usage",
      message: `report.json is a ${name} report; only daily reports can be imported`,
      hint: expect.stringContaining("ccusage claude daily --json") as string,
    });
  });

  test.each([
    [
      "other assistants",
      { daily: [{ ...undated, period: date, metadata: { agents: ["claude", "codex"] } }] },
      "daily.0: includes tokens of other assistants",
    ],
    ["no date", { daily: [undated] }, "daily.0: no date"],
    ["an invalid date", { daily: [{ ...day, date: "2026-02-30" }] }, "daily.0.date"],
    ["text for a count", { daily: [{ ...day, inputTokens: "1" }] }, "daily.0.inputTokens"],
    [
      "a negative count",
      { daily: [{ ...day, modelBreakdowns: [{ ...opus, outputTokens: -1 }] }] },
      "daily.0.modelBreakdowns.0.outputTokens",
    ],
    ["half a token", { daily: [{ ...day, inputTokens: 0.5 }] }, "daily.0.inputTokens"],
    ["a count above the limit", { daily: [{ ...day, inputTokens: 1e300 }] }, "daily.0.inputTokens"],
    ["no rows", { daily: {} }, "daily"],
    ["a list", [day], "unknown format"],
    ["nothing", null, "unknown format"],
  ])("a report with %s is refused with the position of the problem", (_, value, message) => {
    expect(refusal(value)).toMatchObject({
      code: "answer_unusable",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("days of stats-cache.json", () => {
  const cache = {
    version: 5,
    lastComputedDate: "2026-11-19",
    dailyActivity: [{ date: "2026-11-18", messageCount: 4, sessionCount: 1, toolCallCount: 2 }],
    dailyModelTokens: [
      { date: "2026-11-18", tokensByModel: { "claude-opus-5-5": 1234, "claude-haiku-4-5": 0, "<synthetic>": 7 } },
      { date: "2026-11-19", tokensByModel: { "claude-opus-5-5": 5 } },
    ],
    dailyModelTokensVersion: 5,
    modelUsage: {},
  };

  test("stats-cache.json gives one sum for each day and model, without classes and cost", () => {
    const none = { input: 0, output: 0, cacheWrite: 0, cacheRead: 0, cost: null, provenance: "stats-cache" };
    expect(parsed(cache)).toEqual([
      { ...none, date: "2026-11-18", model: "claude-opus-5-5", unsplit: 1234 },
      { ...none, date: "2026-11-19", model: "claude-opus-5-5", unsplit: 5 },
    ]);
  });

  test.each([
    ["no version", { ...cache, version: undefined }, "version"],
    [
      "an invalid sum",
      { ...cache, dailyModelTokens: [{ date: "2026-11-18", tokensByModel: { a: "1" } }] },
      "dailyModelTokens.0.tokensByModel.a",
    ],
    ["no days", { ...cache, dailyModelTokens: null }, "dailyModelTokens"],
  ])("a stats-cache.json with %s is refused", (_, value, message) => {
    expect(refusal(value)).toMatchObject({
      code: "answer_unusable",
      message: expect.stringContaining(message) as string,
    });
  });

  test("each day, model and provenance has one key in the ledger", () => {
    expect(dayObservations("m1", "claude-code", parsed(cache)).map(({ key }) => key)).toEqual([
      "day:m1:claude-code:2026-11-18:claude-opus-5-5:stats-cache",
      "day:m1:claude-code:2026-11-19:claude-opus-5-5:stats-cache",
    ]);
  });
});

test.each(["1969-12-31", "2200-01-01", "9999-12-31"])(
  "a report with the day %s is refused with the position of the problem",
  (far) => {
    expect(refusal({ daily: [day, { ...day, date: far }], totals }).message).toMatch(
      /daily\.1\.date: .*outside 1970 to 2200/,
    );
    const cache = { version: 1, dailyModelTokens: [{ date: far, tokensByModel: { [opus.modelName]: 5 } }] };
    expect(refusal(cache).message).toMatch(/dailyModelTokens\.0\.date: .*outside 1970 to 2200/);
  },
);
