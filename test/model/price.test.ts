import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePriceFile, priceFileSchema } from "../../src/model/price-file.ts";
import {
  builtInRows,
  contextClasses,
  contextClassOf,
  costOf,
  microsOf,
  modelName,
  type PriceRow,
  PriceTable,
  standard,
} from "../../src/model/price.ts";
import { noTokens, type Tokens, tokenClasses } from "../../src/model/tokens.ts";
import table from "../../data/prices.json";

const fixtures = join(import.meta.dir, "../fixtures/prices");
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const now = day("2026-11-20");
const prices = new PriceTable();

/** Micro-dollars of a million tokens of each class: the row's prices again, in the order of `tokenClasses`. */
function perMillion(model: string, variant = {}, at = now, from = prices): number[] | null {
  const price = from.priceOf(model, at, { ...standard, ...variant });
  return price && tokenClasses.map((name) => microsOf(costOf({ ...noTokens, [name]: 1_000_000 }, 0, price)) / 1e6);
}

interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly cacheCreationEphemeral1hInputTokens: number;
  readonly webSearchRequests: number;
  readonly costUSD: number;
}

describe("the program's own reckoning", () => {
  const lines = readFileSync(join(fixtures, "cost-state.jsonl"), "utf8").trim().split("\n");

  test.each(lines)("a cost-state line costs what it says: %s", (line) => {
    const state = JSON.parse(line) as {
      totalCostUSD: number;
      startTime: number;
      modelUsage: Record<string, ModelUsage>;
    };
    let total = 0n;
    for (const [model, used] of Object.entries(state.modelUsage)) {
      const cacheWrite1h = used.cacheCreationEphemeral1hInputTokens;
      const tokens: Tokens = {
        input: used.inputTokens,
        output: used.outputTokens,
        cacheWrite5m: used.cacheCreationInputTokens - cacheWrite1h,
        cacheWrite1h,
        cacheRead: used.cacheReadInputTokens,
      };
      const price = prices.priceOf(model, state.startTime);
      if (!price) throw new Error(`${model} has no price`);
      const pico = costOf(tokens, used.webSearchRequests, price);
      expect(microsOf(pico)).toBe(Math.round(used.costUSD * 1e6));
      total += pico;
    }
    expect(microsOf(total)).toBe(Math.round(state.totalCostUSD * 1e6));
  });
});

describe("names", () => {
  test.each([
    ["claude-opus-5-5", "claude-opus-5-5"],
    ["claude-opus-5-5[1m]", "claude-opus-5-5"],
    ["Claude-Opus-5-5", "claude-opus-5-5"],
    ["claude-opus-4-20250514", "claude-opus-4"],
    ["claude-opus-4@20250514", "claude-opus-4"],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"],
    ["global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
    ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "claude-sonnet-4-5"],
    ["us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
    ["anthropic.claude-3-haiku-20240307-v1:0:200k", "claude-3-haiku"],
    ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5"],
    ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"],
    ["claude-3-5-haiku-latest", "claude-3-5-haiku"],
    ["anthropic/claude-opus-4.5", "claude-opus-4-5"],
    ["publishers/anthropic/models/claude-haiku-4-5@20251001", "claude-haiku-4-5"],
    [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
      "claude-sonnet-4",
    ],
  ])("%s is %s, which has a price", (raw, name) => {
    expect(modelName(raw)).toBe(name);
    expect(perMillion(raw)).not.toBeNull();
    expect(perMillion(raw)).toEqual(perMillion(name));
  });

  test.each(["claude-opus-4-9", "claude-opus-6", "claude-opus-4-50", "claude-opus", "gpt-6", "<synthetic>", "", "*"])(
    "%p has no price",
    (model) => expect(prices.priceOf(model, now)).toBeNull(),
  );

  test("a version is not its predecessor", () => {
    expect(perMillion("claude-opus-4")?.[0]).toBe(15);
    expect(perMillion("claude-opus-4-5")?.[0]).toBe(5);
    expect(perMillion("claude-sonnet-5")?.[4]).toBe(0.2);
    expect(perMillion("claude-sonnet-5-5")?.[4]).toBe(0.1);
  });
});

describe("days", () => {
  test("a row holds from its first moment in UTC on", () => {
    const change = day("2026-10-07");
    expect(perMillion("claude-sonnet-5-5", {}, change - 1)).toEqual([2, 10, 2.5, 4, 0.2]);
    expect(perMillion("claude-sonnet-5-5", {}, change)).toEqual([2, 10, 2.5, 4, 0.1]);
  });

  test("a rule for long prompts ends with its row", () => {
    const long = { long: 200_000 };
    expect(perMillion("claude-opus-4-6", long, day("2026-03-12"))).toEqual([10, 37.5, 12.5, 20, 1]);
    expect(perMillion("claude-opus-4-6", long, day("2026-03-13"))).toEqual([5, 25, 6.25, 10, 0.5]);
  });
});

describe("variants", () => {
  test("a prompt is long when it is longer than the threshold", () => {
    const haiku = (tokens: number): number[] | null => perMillion("claude-haiku-5-5", { long: contextClassOf(tokens) });
    expect(haiku(100_000)).toEqual([0.1, 0.5, 0.125, 0.2, 0.01]);
    expect(haiku(100_001)).toEqual([0.5, 2.5, 0.625, 1, 0.05]);
    expect(haiku(1_000_000)).toEqual([0.5, 2.5, 0.625, 1, 0.05]);
    expect([0, 100_000, 100_001, 272_000, 272_001, 9e9].map(contextClassOf)).toEqual([
      0, 0, 100_000, 256_000, 272_000, 512_000,
    ]);
  });

  test("fast has prices of its own, where the model has it", () => {
    expect(perMillion("claude-opus-5-5", { speed: "fast" })).toEqual([8, 40, 10, 16, 0.4]);
    expect(perMillion("claude-opus-4-6", { speed: "fast", long: 200_000 }, day("2026-03-01"))?.[0]).toBe(30);
    expect(perMillion("claude-sonnet-5-5", { speed: "fast" })).toEqual(perMillion("claude-sonnet-5-5"));
  });

  test("a batch costs half, inference in the US a tenth more, searches always the same", () => {
    expect(perMillion("claude-opus-5-5", { region: "us" })).toEqual([4.4, 22, 5.5, 8.8, 0.22]);
    expect(perMillion("claude-opus-5-5", { tier: "batch" })).toEqual([2, 10, 2.5, 4, 0.1]);
    expect(perMillion("claude-haiku-5-5", { tier: "batch", region: "us" })).toEqual([
      0.055, 0.275, 0.06875, 0.11, 0.0055,
    ]);
    for (const variant of [standard, { ...standard, region: "us", tier: "batch", speed: "fast" }]) {
      const price = prices.priceOf("claude-opus-5-5", now, variant);
      expect(price && microsOf(costOf(noTokens, 3, price))).toBe(30_000);
    }
    expect(perMillion("claude-opus-5-5", { region: "not_available", tier: "priority", speed: "" })).toEqual(
      perMillion("claude-opus-5-5"),
    );
  });
});

const anyRow = fc.constantFrom(...builtInRows);
const anyTokens: fc.Arbitrary<Tokens> = fc.record({
  input: fc.nat(1e9),
  output: fc.nat(1e9),
  cacheWrite5m: fc.nat(1e9),
  cacheWrite1h: fc.nat(1e9),
  cacheRead: fc.maxSafeInteger().map(Math.abs),
});
const anyVariant = fc.record({
  speed: fc.constantFrom("standard", "fast"),
  tier: fc.constantFrom("standard", "batch"),
  region: fc.constantFrom("global", "us"),
  long: fc.constantFrom(0, ...contextClasses),
});

describe("exactness", () => {
  test("the cost of a sum is the sum of costs", () => {
    fc.assert(
      fc.property(
        anyRow,
        anyVariant,
        fc.array(fc.tuple(anyTokens, fc.nat(99)), { maxLength: 9 }),
        (row, variant, all) => {
          const price = prices.priceOf(row.models[0] ?? "", now, variant);
          if (!price) return false;
          const parts = all.reduce((sum, [tokens, searches]) => sum + costOf(tokens, searches, price), 0n);
          const total = tokenClasses.reduce(
            (sum, name) => sum + all.reduce((count, [tokens]) => count + BigInt(tokens[name]), 0n) * price[name],
            BigInt(all.reduce((count, [, searches]) => count + searches, 0)) * price.webSearch,
          );
          return parts === total;
        },
      ),
    );
  });

  test("no factor of a built-in row rounds a price", () => {
    for (const { models, from } of builtInRows)
      for (const [tier, region] of [
        ["batch", "us"],
        ["batch", "global"],
        ["standard", "us"],
      ] as const)
        for (const long of [0, 512_000])
          for (const speed of ["standard", "fast"]) {
            const at = from === null ? 0 : day(from);
            const factor = (tier === "batch" ? 0.5 : 1) * (region === "us" ? 1.1 : 1);
            const plain = perMillion(models[0] ?? "", { speed, long }, at) ?? [];
            const priced = perMillion(models[0] ?? "", { speed, long, tier, region }, at) ?? [];
            expect(priced.length).toBe(5);
            for (const [index, price] of priced.entries()) expect(price).toBeCloseTo((plain[index] ?? 0) * factor, 9);
          }
  });

  test("micro-dollars are rounded half up, and only then", () => {
    expect([0n, 499_999n, 500_000n, 1_499_999n, -500_000n, -500_001n, -1_500_000n].map(microsOf)).toEqual([
      0, 0, 1, 1, 0, -1, -1,
    ]);
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (pico) => {
        const error = BigInt(microsOf(pico)) * 1_000_000n - pico;
        return error > -500_000n && error <= 500_000n;
      }),
    );
  });
});

describe("rows", () => {
  test("the built-in ones are as a user's have to be, each with where it is from", () => {
    expect(priceFileSchema.safeParse(table).error).toBeUndefined();
    expect(parsePriceFile(JSON.stringify(table))).toEqual({ rows: [...builtInRows] });
    for (const { source } of table.rows) expect(source.length).toBeGreaterThan(10);
  });

  test("no model has two rows from the same day", () => {
    const keys = builtInRows.flatMap(({ models, from }) => models.map((model) => `${model} ${from}`));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("those of today hold each model once; a split model says when", () => {
    const models = prices.list(now).flatMap((one) => one.models);
    expect(new Set(models).size).toBe(models.length);
    expect(models.toSorted()).toEqual([...new Set(builtInRows.flatMap((row) => row.models))].toSorted());
    const sonnet = prices.list().filter((one) => one.models.includes("claude-sonnet-5-5"));
    expect(sonnet.map(({ row, until }) => [row.from, until])).toEqual([
      [null, "2026-10-07"],
      ["2026-10-07", null],
    ]);
  });
});

describe("a user's file", () => {
  const own = (...rows: object[]): PriceRow[] => {
    const parsed = parsePriceFile(JSON.stringify({ rows }));
    if ("problem" in parsed) throw new Error(parsed.problem);
    return parsed.rows;
  };
  const cheap = { input: 1, output: "2.5", cacheWrite5m: 0.000001, cacheWrite1h: 0, cacheRead: "0.1" };

  test("wins over the built-in rows from its day on", () => {
    const mine = new PriceTable(own({ models: ["claude-opus-5-5"], from: "2026-11-01", ...cheap }));
    expect(perMillion("claude-opus-5-5", {}, now, mine)).toEqual([1, 2.5, 0.000001, 0, 0.1]);
    expect(perMillion("claude-opus-5-5", { region: "us" }, now, mine)).toEqual([1, 2.5, 0.000001, 0, 0.1]);
    expect(perMillion("claude-opus-5-5", {}, day("2026-10-31"), mine)?.[0]).toBe(4);
    expect(perMillion("claude-opus-5", {}, now, mine)?.[0]).toBe(5);
    expect(mine.list(now).filter((one) => one.models.includes("claude-opus-5-5"))).toMatchObject([{ own: true }]);
  });

  test("may name a model in any way, and many with a star", () => {
    const mine = new PriceTable(own({ models: ["us.anthropic.claude-opus-9-20300101-v1:0", "gpt-*"], ...cheap }));
    expect(perMillion("claude-opus-9", {}, now, mine)?.[0]).toBe(1);
    expect(perMillion("gpt-7-codex", {}, now, mine)?.[0]).toBe(1);
    expect(mine.priceOf("claude-opus-9-1", now)).toBeNull();
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
      JSON.stringify({ rows: [{ models: ["m"], ...cheap, long: { above: 123, ...cheap } }] }),
      /^rows\.0\.long\.above: /,
    ],
  ])("%s is told what is wrong", (text, problem) => {
    expect(parsePriceFile(text)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});
