import { describe, expect, test } from "bun:test";
import { parsePriceFile } from "../../src/pricing/price-file.ts";
import { builtInRows, contextClassOf, modelName, type PriceRow, PriceTable } from "../../src/model/price.ts";
import table from "../../data/prices.json";
import { day, now, perMillion, prices } from "../model/per-million.ts";

describe("built-in price rows", () => {
  test("the built-in price rows are valid in a user's price file", () => {
    const rows = builtInRows().map((row) => ({ ...row, webSearch: row.webSearch ?? "10" }));
    expect(parsePriceFile(JSON.stringify(table))).toEqual({ rows });
  });

  test.each(builtInRows().map((row) => [`${row.models[0]} ${row.from ?? ""}`, row] as const))(
    "the built-in row of %s names its source and has consistent prices",
    (_, { models, source, long, tiers, ...row }) => {
      expect(source).toMatch(/Claude Code 2|\.\w+\/|^pi \d/);
      expect(source.length).toBeLessThanOrEqual(400);
      expect(models).toEqual(models.map(modelName));
      const all = [row, ...(long ?? [])];
      for (const one of all) {
        expect(Number(one.output)).toBeGreaterThan(Number(one.input));
        expect(Number(one.cacheRead)).toBeLessThanOrEqual(Number(one.input));
        expect(Number(one.cacheWrite5m)).toBeGreaterThanOrEqual(Number(one.input));
        expect(Number(one.cacheWrite1h)).toBeGreaterThanOrEqual(Number(one.cacheWrite5m));
      }
      const inputs = all.map(({ input }) => Number(input));
      expect(inputs).toEqual([...new Set(inputs)].toSorted((a, b) => a - b));
      const above = (long ?? []).map((one) => one.above);
      expect(above).toEqual(above.toSorted((a, b) => a - b));
      for (const factor of [tiers?.["batch"], tiers?.["flex"]]) if (factor) expect(Number(factor)).toBeLessThan(1);
      if (tiers?.["priority"]) expect(Number(tiers["priority"])).toBeGreaterThan(1);
    },
  );

  test("no model has two built-in rows that start on the same day", () => {
    const keys = builtInRows().flatMap(({ models, from }) => models.map((model) => `${model} ${from}`));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("the current prices list each model once, and a model whose price changed has a row per period", () => {
    const models = prices.list(now).flatMap((one) => one.models);
    expect(new Set(models).size).toBe(models.length);
    expect(models.toSorted()).toEqual([...new Set(builtInRows().flatMap((row) => row.models))].toSorted());
    const sonnet = prices.list().filter((one) => one.models.includes("claude-sonnet-5-5"));
    expect(sonnet.map(({ row, until }) => [row.from, until])).toEqual([
      [null, "2026-10-07"],
      ["2026-10-07", null],
    ]);
  });
});

describe("a user's price file", () => {
  const rowsOf = (...rows: object[]): PriceRow[] => {
    const parsed = parsePriceFile(JSON.stringify({ rows }));
    if ("problem" in parsed) throw new Error(parsed.problem);
    return parsed.rows;
  };
  const cheap = { input: 1, output: "2.5", cacheWrite5m: 0.000001, cacheWrite1h: 0, cacheRead: "0.1" };

  test("takes precedence over the built-in rows from its start date", () => {
    const mine = new PriceTable(rowsOf({ models: ["claude-opus-5-5"], from: "2026-11-01", ...cheap }));
    expect(perMillion("claude-opus-5-5", {}, now, mine)).toEqual([1, 2.5, 0.000001, 0, 0.1]);
    expect(perMillion("claude-opus-5-5", { region: "us" }, now, mine)).toEqual([1, 2.5, 0.000001, 0, 0.1]);
    expect(mine.priceOf("claude-opus-5-5", now)?.webSearch).toBe(10_000_000_000n);
    expect(perMillion("claude-opus-5-5", {}, day("2026-10-31"), mine)?.[0]).toBe(4);
    expect(perMillion("claude-opus-5", {}, now, mine)?.[0]).toBe(5);
    expect(mine.list(now).filter((one) => one.models.includes("claude-opus-5-5"))).toMatchObject([{ origin: "own" }]);
  });

  test("accepts several context thresholds in any order, and factors by tier", () => {
    const long = [256_000, 32_000].map((above) => ({ above, ...cheap, input: above / 1_000 }));
    const mine = new PriceTable(rowsOf({ models: ["gpt-9"], ...cheap, long, tiers: { priority: 2 } }));
    const inputs = [0, 32_001, 300_000].map(
      (tokens) => perMillion("gpt-9", { long: contextClassOf(tokens, "gpt-9") }, now, mine)?.[0],
    );
    expect(inputs).toEqual([1, 32, 256]);
    expect(perMillion("gpt-9", { tier: "priority" }, now, mine)?.[1]).toBe(5);
  });

  test("accepts any name of a model, and a star for many models", () => {
    const mine = new PriceTable(rowsOf({ models: ["us.anthropic.claude-opus-9-20300101-v1:0", "gpt-*"], ...cheap }));
    expect(perMillion("claude-opus-9", {}, now, mine)?.[0]).toBe(1);
    expect(perMillion("gpt-7-codex", {}, now, mine)?.[0]).toBe(1);
    expect(mine.priceOf("claude-opus-9-1", now)).toBeNull();
  });

  test("a star matches anywhere in a name, and a row with the exact name takes precedence", () => {
    const rows = rowsOf(
      { models: ["*claude-opus-9*", "*-Agentic"], ...cheap },
      { models: ["kiro-*-opus-9-high"], ...cheap, input: 2 },
      { models: ["claude-opus-9"], ...cheap, input: 3 },
    );
    const mine = new PriceTable(rows);
    const input = (model: string): number | undefined => perMillion(model, {}, now, mine)?.[0];
    expect(["kiro-claude-opus-9", "claude-opus-9-1", "vertex/claude-opus-9", "any-agentic"].map(input)).toEqual([
      1, 1, 3, 1,
    ]);
    expect(["claude-opus-9", "kiro-claude-opus-9-high", "haiku-9"].map(input)).toEqual([3, 1, undefined]);
    expect(mine.find("kiro-claude-opus-9", now)).toMatchObject({ origin: "own", estimatedAs: null });
    const two = new PriceTable(rowsOf({ models: ["*ab*ba"], ...cheap }));
    expect(["ab-ba", "x-ab-x-ba", "aba", "abba"].map((name) => two.find(name, now) !== null)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test("a pattern with a provider or region prefix matches only names with that prefix", () => {
    const holdsFor = (pattern: string): string[] => {
      const mine = new PriceTable(rowsOf({ models: [pattern], ...cheap }));
      return ["openrouter/x/ring-9", "us.anthropic.claude-opus-9-v1:0", "claude-opus-9", "claude-opus-9-1[1m]"].filter(
        (name) => mine.find(name, now) !== null,
      );
    };
    expect(holdsFor("openrouter/*")).toEqual(["openrouter/x/ring-9"]);
    expect(holdsFor("us.anthropic.*")).toEqual(["us.anthropic.claude-opus-9-v1:0"]);
    expect(holdsFor("*[1m]")).toEqual(["claude-opus-9-1[1m]"]);
    expect(holdsFor("Claude-Opus-9*[1m]")).toEqual(["claude-opus-9-1[1m]"]);
    expect(holdsFor("claude-opus-9.1*")).toEqual(["claude-opus-9-1[1m]"]);
    expect(holdsFor("claude-*")).toEqual(["us.anthropic.claude-opus-9-v1:0", "claude-opus-9", "claude-opus-9-1[1m]"]);
    expect(holdsFor("*-9*")).toHaveLength(4);
  });

  test("a user's row costs more in a region only where it has a regional factor", () => {
    const mine = new PriceTable(
      rowsOf({ models: ["claude-opus-9"], ...cheap }, { models: ["claude-opus-8"], ...cheap, regional: 1.1 }),
    );
    const input = (model: string): number | undefined => perMillion(model, {}, now, mine)?.[0];
    expect(["us.anthropic.claude-opus-9", "us.anthropic.claude-opus-8", "claude-opus-8"].map(input)).toEqual([
      1, 1.1, 1,
    ]);
  });

  test.each([
    ["{", /JSON/],
    ["[]", /^the file: /],
    ['{"rows":[{}]}', /^rows\.0\.models: /],
    [JSON.stringify({ rows: [{ models: ["m"], ...cheap, input: -1 }] }), /^rows\.0\.input: not a decimal/],
    [JSON.stringify({ rows: [{ models: ["m"], ...cheap, input: 1e-7 }] }), /^rows\.0\.input: not a decimal/],
    [JSON.stringify({ rows: [{ models: ["m"], ...cheap, inputs: 1 }] }), /inputs/],
    [JSON.stringify({ rows: [{ models: ["m"], ...cheap, from: "2026-02-30" }] }), /^rows\.0\.from: /],
    [
      JSON.stringify({ rows: [{ models: ["m"], ...cheap, long: [{ above: 123, ...cheap }] }] }),
      /^rows\.0\.long\.0\.above: /,
    ],
    [JSON.stringify({ rows: [{ models: ["m"], ...cheap, tiers: { fast: 2 } }] }), /fast/],
  ])("the price file %s is rejected with its problem", (text, problem) => {
    expect(parsePriceFile(text)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});
