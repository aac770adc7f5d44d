import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decimalOf } from "../../src/pricing/lists/price-entries.ts";
import { parsePriceList, type PriceList } from "../../src/pricing/lists/price-lists.ts";
import { PriceTable } from "../../src/model/price.ts";
import { now, perMillion } from "../model/per-million.ts";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dir, "../fixtures/prices", name), "utf8"));

function listFrom(value: unknown): PriceList {
  const list = parsePriceList(value);
  if (!list) throw new Error("no list");
  return list;
}

/** A price table with an imported list. */
const tableOf = ({ models }: PriceList): PriceTable =>
  new PriceTable([], {
    find(raw, name) {
      const row = models.get(raw) ?? models.get(name);
      return row ? { ...row, models: [name], source: "the test" } : null;
    },
    problem: null,
  });

const entry = (more: object): object => ({
  litellm_provider: "openai",
  mode: "chat",
  input_cost_per_token: 1e-6,
  output_cost_per_token: 2e-6,
  ...more,
});

describe("LiteLLM's list", () => {
  const list = listFrom(fixture("litellm.json"));
  const table = tableOf(list);
  const cost = (model: string, variant = {}): number[] | null => perMillion(model, variant, now, table);

  test("provides a vendor's prices for all names of its models, with long prompts, fast mode and tiers", () => {
    expect(list.title).toBe("LiteLLM");
    expect(cost("claude-opus-9")).toEqual([5, 25, 6.25, 10, 0.5]);
    expect(cost("claude-opus-9-20261120[1m]", { long: 200_000 })).toEqual([10, 37.5, 12.5, 20, 1]);
    expect(cost("claude-opus-9", { speed: "fast" })).toEqual([30, 150, 37.5, 60, 3]);
    expect(cost("claude-opus-9", { region: "us" })?.[0]).toBe(5.5);
    expect(cost("gpt-7")).toEqual([1.25, 10, 1.25, 1.25, 0.125]);
    expect(cost("gpt-7", { long: 272_000 })).toEqual([2.5, 15, 2.5, 2.5, 0.25]);
    expect(["batch", "flex", "priority"].map((tier) => cost("gpt-7", { tier })?.[0])).toEqual([0.625, 0.625, 2.5]);
    expect(table.priceOf("claude-opus-9", now)?.webSearch).toBe(10_000_000_000n);
  });

  test("prices regional endpoints at their listed price, without adding the regional surcharge again", () => {
    expect(cost("us.anthropic.claude-opus-9")?.[0]).toBe(5.5);
    expect(cost("eu.anthropic.claude-opus-9-v1:0")?.[0]).toBe(5.5);
    // Listed at the price of global endpoints.
    expect(cost("anthropic.claude-opus-9")?.[0]).toBe(5.5);
    expect(cost("global.anthropic.claude-opus-9")?.[0]).toBe(5);
    expect(cost("vertex_ai/claude-opus-9@default")?.[0]).toBe(5);
  });

  test("prices a model that is listed only as a regional endpoint under that name alone", () => {
    const only = {
      "us.anthropic.claude-opus-9": entry({ litellm_provider: "bedrock_converse", input_cost_per_token: 5.5e-6 }),
    };
    const alone = tableOf(listFrom(only));
    expect(
      ["us.anthropic.claude-opus-9", "claude-opus-9"].map((name) => perMillion(name, {}, now, alone)?.[0]),
    ).toEqual([5.5, undefined]);
  });

  test("uses a seller's price for the seller's name, and for the model only where all sellers agree", () => {
    expect(cost("azure/eu/gpt-7")).toEqual([1.375, 11, 1.375, 1.375, 0.138]);
    expect(cost("deepinfra/acme/one-9")?.[0]).toBe(0.1);
    expect(cost("together_ai/acme/one-9")?.[0]).toBe(0.2);
    expect(cost("one-9")).toBeNull();
    expect(cost("two-9")).toEqual([0.1, 0.3, 0.1, 0.1, 0.1]);
    expect(cost("amazon.nova-9-pro-v1:0")).toEqual([2.1875, 17.5, 2.1875, 2.1875, 0.546875]);
  });

  test("has lower precedence than the built-in rows", () => {
    expect(list.models.get("claude-opus-5-5")?.input).toBe("99");
    expect(cost("claude-opus-5-5")?.[0]).toBe(4);
    expect(table.find("claude-opus-5-5", now)?.origin).toBe("built-in");
    expect(table.find("kiro-gpt-7-high", now)).toMatchObject({ origin: "imported", estimatedAs: "gpt-7" });
  });

  test("counts the entries without a price, and never uses a price of zero", () => {
    expect(Object.fromEntries(list.unusable)).toEqual({
      "no price per token": 3,
      "a price of zero": 1,
      "an invalid name": 1,
    });
    for (const name of ["acme-9", "ollama/acme-9", "text-embedding-9", "sample_spec", "github_copilot/gpt-9"])
      expect(cost(name)).toBeNull();
  });

  test.each([
    ["a negative price", { input_cost_per_token: -1e-6 }],
    ["a price given as text", { output_cost_per_token: "2e-6" }],
    ["an infinite price", { cache_read_input_token_cost: Infinity }],
    ["an implausibly high price", { output_cost_per_token: 2 }],
    ["an unknown threshold", { input_cost_per_token_above_123k_tokens: 1, output_cost_per_token_above_123k_tokens: 1 }],
    ["only an input price for long prompts", { input_cost_per_token_above_200k_tokens: 1e-6 }],
    ["a price given as a list", { input_cost_per_token: [1e-6] }],
  ])("leaves out an entry with %s and keeps the others", (_, more) => {
    const { models, unusable } = listFrom({ good: entry({}), bad: entry(more) });
    expect([...models.keys()].toSorted()).toEqual(["good", "openai/good"]);
    expect([...unusable.values()]).toEqual([1]);
  });

  test.each(["__proto__", "constructor", "toString"])("an entry named %s is read like any other entry", (name) => {
    const text = `{"${name}":${JSON.stringify(entry({}))},"gpt-9":${JSON.stringify(entry({}))}}`;
    const { models } = listFrom(JSON.parse(text));
    expect(models.get(name.toLowerCase())?.input).toBe("1");
  });

  test("names with control characters, stars or excessive length are left out", () => {
    const odd = ["gpt\u001b[31m", "*", "a\nb", "gpt\u202e", "x".repeat(201), ""];
    const { models, unusable } = listFrom(Object.fromEntries(["good", ...odd].map((name) => [name, entry({})])));
    expect([...models.keys()].toSorted()).toEqual(["good", "openai/good"]);
    expect(unusable.get("an invalid name")).toBe(odd.length);
  });

  test("entries after the first 20,000 are left out and counted", () => {
    const many = Object.fromEntries(Array.from({ length: 20_010 }, (_, index) => [`m${index}`, entry({})]));
    expect(listFrom(many).unusable.get("too many entries")).toBe(10);
  });
});

describe("models.dev's list", () => {
  const list = listFrom(fixture("models-dev.json"));
  const table = tableOf(list);
  const cost = (model: string, variant = {}): number[] | null => perMillion(model, variant, now, table);

  test("provides a vendor's prices, and prices one-hour writes to Claude's cache at twice the input", () => {
    expect(list.title).toBe("models.dev");
    expect(cost("claude-opus-9")).toEqual([5, 25, 6.25, 10, 0.5]);
    expect(cost("anthropic/claude-opus-9", { long: 200_000 })).toEqual([10, 37.5, 12.5, 20, 1]);
    expect(cost("us.anthropic.claude-opus-9")?.[0]).toBe(5.5);
    expect(cost("jp.anthropic.claude-opus-9")?.[0]).toBe(5.5);
  });

  test("prices long prompts by its tiers, which take precedence over its price above 200,000 tokens", () => {
    expect(cost("gpt-7", { long: 256_000 })?.[0]).toBe(1.25);
    expect(cost("gpt-7", { long: 272_000 })).toEqual([2.5, 15, 2.5, 2.5, 0.25]);
  });

  test("leaves out subscriptions, entries without a price, and models whose sellers disagree", () => {
    expect(Object.fromEntries(list.unusable)).toEqual({ "a price of zero": 1, "an invalid price": 2 });
    expect([cost("one-9"), cost("grok-9"), cost("gpt-image-9")]).toEqual([null, null, null]);
    expect([cost("openrouter/acme/one-9")?.[0], cost("acme/one-9")]).toEqual([0.1, null]);
  });
});

test.each(
  [
    null,
    [],
    {},
    "text",
    { rows: [] },
    { a: { id: "a" }, b: { models: {} } },
    { daily: [{ date: "2026-11-20" }] },
    JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`),
  ].map((value: unknown) => ({ value })),
)("a value that is not a price list returns null: $value", ({ value }) => expect(parsePriceList(value)).toBeNull());

test("all fields except prices are optional in both lists", () => {
  const bare = { "new-1": { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 } };
  expect(perMillion("new-1", {}, now, tableOf(listFrom(bare)))?.[1]).toBe(2);
  const provider = { acme: { models: { "new-1": { cost: { input: 1, output: 2 } } } } };
  expect(perMillion("new-1", {}, now, tableOf(listFrom(provider)))?.[1]).toBe(2);
});

describe("decimals of prices", () => {
  test.each([
    [5.5e-6, 6, "5.5"],
    [5e-8, 6, "0.05"],
    [1.0000000000000002e-7, 6, "0.1"],
    [1e-12, 6, "0.000001"],
    [4e-13, 6, "0"],
    [0.01, 3, "10"],
    [3, 0, "3"],
    [12.345678, 0, "12.345678"],
    [999_999, 0, "999999"],
    [1_000_000, 0, null],
    [1e300, 6, null],
    [-1e-9, 6, null],
    [NaN, 0, null],
    [Infinity, 0, null],
  ])("%p shifted by %p digits is %p", (value, shift, text) => expect(decimalOf(value, shift)).toBe(text));

  test("a price of whole millionths keeps its digits, whatever its size", () => {
    fc.assert(
      fc.property(fc.nat(999_999_999_999), (millionths) => {
        const text = String(millionths).padStart(7, "0");
        const written = `${text.slice(0, -6)}.${text.slice(-6)}`;
        expect(Number(decimalOf(Number(written)))).toBe(Number(written));
        expect(decimalOf(Number(`${written}e-6`), 6)).toBe(decimalOf(Number(written)));
      }),
    );
  });
});
