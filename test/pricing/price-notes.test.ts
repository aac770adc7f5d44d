import { describe, expect, test } from "bun:test";
import { Costs } from "../../src/pricing/costs.ts";
import { priceFields, priceNotes } from "../../src/pricing/price-notes.ts";
import { CostKind, type ImportedRows, PriceTable } from "../../src/model/price.ts";
import { noTokens } from "../../src/model/tokens.ts";
import { now } from "../model/per-million.ts";

const prices = { input: "1", output: "1", cacheWrite5m: "1", cacheWrite1h: "1", cacheRead: "1" };
const imported: ImportedRows = {
  find: (_, name) =>
    name.startsWith("new-") ? { models: [name], from: null, ...prices, source: "list.json, imported today" } : null,
  problem: null,
};
const used = { ...noTokens, input: 1_000_000, searches: 0, speed: "", tier: "", region: "", context: 0 };

/** The cost of a million tokens in pico-dollars; `cost` is the charged or estimated cost of the assistant in nano-dollars. */
const costOf = (costs: Costs, model: string, costKind: CostKind = CostKind.none, cost = 0): bigint | null =>
  costs.of({ ...used, model, costKind, cost }, now);

describe("notes on prices", () => {
  test("there are no notes where every price is built in", () => {
    const costs = new Costs(new PriceTable([], imported), "auto");
    for (const model of ["claude-opus-5-5", "us.anthropic.claude-opus-4-6-v1", "nobody-knows"]) costOf(costs, model);
    expect([priceNotes(costs), priceFields(costs)]).toEqual([[], {}]);
  });

  test("notes list models priced as another model, and models priced by an imported list", () => {
    const costs = new Costs(new PriceTable([], imported), "auto");
    for (const model of ["kiro-claude-opus-5", "claude-opus-4-6-fast", "new-1", "new-2", "kiro-claude-opus-5"])
      costOf(costs, model);
    expect(priceNotes(costs)).toEqual([
      "Estimates: claude-opus-4-6-fast at the fast price of claude-opus-4-6, kiro-claude-opus-5 at the price of claude-opus-5; no price list has these names.",
      "Prices from list.json, imported today: new-1, new-2.",
    ]);
    expect(priceFields(costs)).toEqual({
      estimatedPrices: { "claude-opus-4-6-fast": "claude-opus-4-6", "kiro-claude-opus-5": "claude-opus-5" },
      importedPrices: { "new-1": "list.json, imported today", "new-2": "list.json, imported today" },
    });
  });

  test("a note lists at most 12 names, without control characters", () => {
    const costs = new Costs(new PriceTable(), "auto");
    for (let number = 10; number < 30; number++) costOf(costs, `g${number}\u001b[31m-claude-opus-5`);
    const [note = ""] = priceNotes(costs);
    expect(note).toMatch(/ and 8 more; no price list has these names\.$/);
    expect(note).not.toContain("\u001b");
  });

  test("the assistant's own estimate takes precedence over ours, and a charged cost over every price", () => {
    const costs = new Costs(new PriceTable([], imported), "auto");
    expect(costOf(costs, "kiro-claude-opus-5", 2, 7)).toBe(7_000n);
    expect(costOf(costs, "claude-opus-5", 2, 7)).toBe(5_000_000_000_000n);
    expect(costOf(costs, "kiro-claude-opus-5", 1, 7)).toBe(7_000n);
    expect(priceNotes(costs)).toEqual([]);
    const calculated = new Costs(new PriceTable(), "calculate");
    expect(costOf(calculated, "kiro-claude-opus-5", 2, 7)).toBe(5_000_000_000_000n);
  });

  test("the problem of an unreadable list is a note", () => {
    const broken: ImportedRows = { find: () => null, problem: "list.json is damaged" };
    expect(priceNotes(new Costs(new PriceTable([], broken), "auto"))).toEqual(["list.json is damaged."]);
  });
});
