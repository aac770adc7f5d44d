import { describe, expect, test } from "bun:test";
import { Costs } from "../../src/pricing/costs.ts";
import { priceFields, priceNotes } from "../../src/pricing/price-notes.ts";
import { type ImportedRows, PriceTable } from "../../src/model/price.ts";
import { noTokens } from "../../src/model/tokens.ts";
import { now } from "../model/per-million.ts";

const prices = { input: "1", output: "1", cacheWrite5m: "1", cacheWrite1h: "1", cacheRead: "1" };
const imported: ImportedRows = {
  find: (_, name) =>
    name.startsWith("new-") ? { models: [name], from: null, ...prices, source: "list.json, imported today" } : null,
  problem: null,
};
const used = { ...noTokens, input: 1_000_000, searches: 0, speed: "", tier: "", region: "", context: 0 };

/** Pico-dollars of a million tokens, where the assistant told or reckoned a cost in nano-dollars, or none (0). */
const of = (costs: Costs, model: string, isPriced = 0, cost = 0): bigint | null =>
  costs.of({ ...used, model, isPriced, cost }, now);

describe("notes on prices", () => {
  test("none where every price is the model's own of ours", () => {
    const costs = new Costs(new PriceTable([], imported), "auto");
    for (const model of ["claude-opus-5-5", "us.anthropic.claude-opus-4-6-v1", "nobody-knows"]) of(costs, model);
    expect([priceNotes(costs), priceFields(costs)]).toEqual([[], {}]);
  });

  test("a price that is another model's is an estimate, and one of an imported list names it", () => {
    const costs = new Costs(new PriceTable([], imported), "auto");
    for (const model of ["kiro-claude-opus-5", "claude-opus-4-6-fast", "new-1", "new-2", "kiro-claude-opus-5"])
      of(costs, model);
    expect(priceNotes(costs)).toEqual([
      "Estimates: claude-opus-4-6-fast at the fast price of claude-opus-4-6, kiro-claude-opus-5 at the price of claude-opus-5; no price list has these names.",
      "Prices from list.json, imported today: new-1, new-2.",
    ]);
    expect(priceFields(costs)).toEqual({
      estimatedPrices: { "claude-opus-4-6-fast": "claude-opus-4-6", "kiro-claude-opus-5": "claude-opus-5" },
      importedPrices: { "new-1": "list.json, imported today", "new-2": "list.json, imported today" },
    });
  });

  test("many names are not all named in a sentence, and none of them reaches the terminal raw", () => {
    const costs = new Costs(new PriceTable(), "auto");
    for (let number = 10; number < 30; number++) of(costs, `g${number}\u001b[31m-claude-opus-5`);
    const [note = ""] = priceNotes(costs);
    expect(note).toMatch(/ and 8 more; no price list has these names\.$/);
    expect(note).not.toContain("\u001b");
  });

  test("what the assistant reckoned goes before an estimate, and what was charged before every price", () => {
    const costs = new Costs(new PriceTable([], imported), "auto");
    expect(of(costs, "kiro-claude-opus-5", 2, 7)).toBe(7_000n);
    expect(of(costs, "claude-opus-5", 2, 7)).toBe(5_000_000_000_000n);
    expect(of(costs, "kiro-claude-opus-5", 1, 7)).toBe(7_000n);
    expect(priceNotes(costs)).toEqual([]);
    const calculated = new Costs(new PriceTable(), "calculate");
    expect(of(calculated, "kiro-claude-opus-5", 2, 7)).toBe(5_000_000_000_000n);
  });

  test("a list that cannot be read is named", () => {
    const broken: ImportedRows = { find: () => null, problem: "list.json is damaged" };
    expect(priceNotes(new Costs(new PriceTable([], broken), "auto"))).toEqual(["list.json is damaged."]);
  });
});
