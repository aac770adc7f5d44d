import { describe, expect, test } from "bun:test";
import { costOf, PriceTable, type PriceRow, standard } from "../../src/model/price.ts";
import { SourceHarness, type Counted } from "./harness.ts";
import { recordedHomes } from "./homes.ts";

const row = (models: string[], input: string, output: string, cacheWrite: string, cacheRead: string): PriceRow => ({
  models,
  from: null,
  input,
  output,
  cacheWrite5m: cacheWrite,
  cacheWrite1h: cacheWrite,
  cacheRead,
  source: "what the program was set up with",
});

/** The prices that the programs had in their settings while they were recorded. */
const table = new PriceTable([
  row(["mock-model", "mock-small", "claude-mock"], "3", "15", "3.75", "0.3"),
  row(["gemini-2.5-pro"], "1.25", "10", "1.25", "0.31"),
]);

/** Of the slices' `isPriced`: the program reckoned the cost itself. */
const RECKONED = 2;
const PICO_PER_NANO = 1_000n;

/** Nano-dollars by our reckoning. */
function reckoned(response: Counted): number {
  const price = table.priceOf(response.model, response.at, standard);
  if (!price) throw new Error(`${response.model} has no price`);
  return Number((costOf(response, 0, price) + PICO_PER_NANO / 2n) / PICO_PER_NANO);
}

/** opencode up to 1.3.2 charges reasoning twice: once in the output, once more. */
const twice = (name: string): boolean => /^opencode 1\.[0-3]\./i.test(name);
const OUTPUT_NANO = 15_000;

const counted = await Promise.all(
  recordedHomes.map(async (home) => {
    using harness = new SourceHarness([home.source]);
    home.place(harness);
    await harness.scan(["usage"]);
    return { name: home.name, responses: harness.responses };
  }),
);

describe("recorded programs", () => {
  test.each(counted.filter(({ responses }) => responses.some(({ isPriced }) => isPriced === RECKONED)))(
    "$name reckons the costs that we reckon with its prices",
    ({ name, responses }) => {
      const told = responses.filter(({ isPriced }) => isPriced === RECKONED);
      const fault = (one: Counted): number => (twice(name) ? one.reasoning * OUTPUT_NANO : 0);
      expect(told.map((one) => [one.key, reckoned(one) + fault(one)])).toEqual(told.map((one) => [one.key, one.cost]));
    },
  );

  test("every model that they used and that exists has a price of ours", () => {
    const prices = new PriceTable();
    const models = new Set(counted.flatMap(({ responses }) => responses.map(({ model }) => model)));
    const unpriced = [...models].filter((model) => !prices.find(model, Date.parse("2026-11-20")));
    // Cursor tells "default" where it chose the model itself.
    expect(unpriced.filter((model) => !/mock|^(?:default)?$/.test(model))).toEqual([]);
  });
});
