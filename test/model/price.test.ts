import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtInRows, contextClasses, contextClassOf, costOf, microsOf, standard } from "../../src/model/price.ts";
import { noTokens, type Tokens, tokenClasses } from "../../src/model/tokens.ts";
import { day, now, perMillion, prices } from "./per-million.ts";

const fixtures = join(import.meta.dir, "../fixtures/prices");

interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly cacheCreationEphemeral1hInputTokens: number;
  readonly webSearchRequests: number;
  readonly costUSD: number;
}

describe("cost-state lines of Claude Code", () => {
  const lines = readFileSync(join(fixtures, "cost-state.jsonl"), "utf8").trim().split("\n");

  test.each(lines)("the cost computed from a cost-state line equals its own cost: %s", (line) => {
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

describe("rows with a start day", () => {
  test("a row applies from the first moment of its day in UTC", () => {
    const change = day("2026-10-07");
    expect(perMillion("claude-sonnet-5-5", {}, change - 1)).toEqual([2, 10, 2.5, 4, 0.2]);
    expect(perMillion("claude-sonnet-5-5", {}, change)).toEqual([2, 10, 2.5, 4, 0.1]);
  });

  test("long-prompt prices end with their row", () => {
    const long = { long: 200_000 };
    expect(perMillion("claude-opus-4-6", long, day("2026-03-12"))).toEqual([10, 37.5, 12.5, 20, 1]);
    expect(perMillion("claude-opus-4-6", long, day("2026-03-13"))).toEqual([5, 25, 6.25, 10, 0.5]);
  });
});

describe("variants of a response", () => {
  test("a prompt is long only above the threshold, not at it", () => {
    const name = "claude-haiku-5-5";
    const haiku = (tokens: number): number[] | null => perMillion(name, { long: contextClassOf(tokens, name) });
    expect(haiku(100_000)).toEqual([0.1, 0.5, 0.125, 0.2, 0.01]);
    expect(haiku(100_001)).toEqual([0.5, 2.5, 0.625, 1, 0.05]);
    expect(haiku(1_000_000)).toEqual([0.5, 2.5, 0.625, 1, 0.05]);
    const lengths = [0, 32_000, 100_000, 100_001, 272_000, 272_001, 9e9];
    const classes = (model: string): number[] => lengths.map((tokens) => contextClassOf(tokens, model));
    expect(classes("gpt-9")).toEqual([0, 0, 32_000, 100_000, 256_000, 272_000, 512_000]);
    expect(classes(name)).toEqual([0, 0, 0, 100_000, 256_000, 272_000, 512_000]);
  });

  test("of several thresholds the highest exceeded one applies to the whole request", () => {
    const inputs = [32_000, 32_001, 128_000, 128_001, 256_000, 256_001, 1_000_000].map(
      (tokens) => perMillion("qwen3-coder-plus", { long: contextClassOf(tokens, "qwen3-coder-plus") })?.[0],
    );
    expect(inputs).toEqual([1, 1.8, 1.8, 3, 3, 6, 6]);
  });

  test("fast mode has its own prices if the model has them", () => {
    expect(perMillion("claude-opus-5-5", { speed: "fast" })).toEqual([8, 40, 10, 16, 0.4]);
    expect(perMillion("claude-opus-4-6", { speed: "fast", long: 200_000 }, day("2026-03-01"))?.[0]).toBe(30);
    expect(perMillion("claude-sonnet-5-5", { speed: "fast" })).toEqual(perMillion("claude-sonnet-5-5"));
  });

  test("a batch costs half, US inference 10 % more, and web searches always the same", () => {
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

  test("the tiers priority (also called fast) and flex have their own factors, for long prompts too", () => {
    expect(perMillion("gpt-5.5", { tier: "priority" })).toEqual([12.5, 75, 12.5, 12.5, 1.25]);
    expect(perMillion("gpt-5-mini", { tier: "priority" })).toEqual([0.45, 3.6, 0.45, 0.45, 0.045]);
    expect(perMillion("gpt-6-luna", { tier: "flex" })).toEqual([0.05, 0.25, 0.0625, 0.0625, 0.005]);
    const long = contextClassOf(272_001, "gpt-5.6-terra");
    expect(perMillion("gpt-5.6-terra", { tier: "fast", long })).toEqual([8, 36, 10, 10, 0.8]);
    expect(perMillion("gemini-2.5-pro", { tier: "priority" })).toEqual(perMillion("gemini-2.5-pro"));
  });

  test("cache writes cost the same as input if the provider has no price for them", () => {
    expect(perMillion("gpt-5.5")).toEqual([5, 30, 5, 5, 0.5]);
    expect(perMillion("gpt-5.6-sol")).toEqual([4, 20, 5, 5, 0.4]);
    expect(perMillion("gemini-3.1-pro-preview", { long: 200_000 })).toEqual([4, 18, 4, 4, 0.4]);
  });

  test.each(["constructor", "__proto__", "toString"])("a tier or region named %s has no factor", (name) => {
    expect(perMillion("claude-opus-5-5", { tier: name, region: name })).toEqual(perMillion("claude-opus-5-5"));
  });
});

const anyRow = fc.constantFrom(...builtInRows());
const anyTokens: fc.Arbitrary<Tokens> = fc.record({
  input: fc.nat(1e9),
  output: fc.nat(1e9),
  cacheWrite5m: fc.nat(1e9),
  cacheWrite1h: fc.nat(1e9),
  cacheRead: fc.maxSafeInteger().map(Math.abs),
});
const anyVariant = fc.record({
  speed: fc.constantFrom("standard", "fast"),
  tier: fc.constantFrom("standard", "batch", "flex", "priority"),
  region: fc.constantFrom("global", "us"),
  long: fc.constantFrom(0, ...contextClasses),
});

describe("exact arithmetic", () => {
  test("the cost of a sum equals the sum of the costs", () => {
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

  test("no factor of a built-in row causes a price to be rounded", () => {
    for (const { models, from, tiers, regions, regional } of builtInRows())
      for (const tier of ["standard", "batch", "flex", "priority"])
        for (const region of ["us", "global", "named"])
          for (const long of [0, 512_000])
            for (const speed of ["standard", "fast"]) {
              const at = from === null ? 0 : day(from);
              const isNamed = region === "named";
              const place = isNamed ? regional : regions?.[region];
              const factor = Number(tiers?.[tier] ?? 1) * Number(place ?? 1);
              const plain = perMillion(models[0] ?? "", { speed, long }, at) ?? [];
              const name = isNamed ? `us.anthropic.${models[0]}` : (models[0] ?? "");
              const priced = perMillion(name, { speed, long, tier, region }, at) ?? [];
              expect(priced.length).toBe(5);
              for (const [index, price] of priced.entries()) expect(price).toBeCloseTo((plain[index] ?? 0) * factor, 9);
            }
  });

  test("costs are rounded half up once, to micro-dollars", () => {
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
