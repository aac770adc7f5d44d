import { describe, expect, test } from "bun:test";
import { costOf, PriceTable, type PriceRow, standard } from "../../src/model/price.ts";
import { SourceHarness, type CountedResponse } from "./harness.ts";
import { recordedHomes } from "./homes.ts";

const row = (
  models: string[],
  input: string,
  output: string,
  cacheWrite: string,
  cacheRead: string,
  cacheWrite1h = cacheWrite,
): PriceRow => ({
  models,
  from: null,
  input,
  output,
  cacheWrite5m: cacheWrite,
  cacheWrite1h,
  cacheRead,
  source: "the program's settings",
});

/** The prices in the programs' settings during the recording. */
const table = new PriceTable([
  row(["mock-model", "mock-small", "claude-mock", "gpt-mock", "claude-mock-a"], "3", "15", "3.75", "0.3", "6"),
  row(["mock-chat"], "1", "5", "0", "0.1"),
  row(["gpt-mock-r"], "2", "8", "0", "0.2"),
  row(["claude-sonnet-4-5"], "3", "15", "3.75", "0.3"),
  // Cline has no price for tokens that are written to a cache of OpenAI.
  row(["gpt-5.1"], "1.25", "10", "0", "0.125"),
  row(["gemini-2.5-pro"], "1.25", "10", "1.25", "0.31"),
]);

/** `costKind` of responses whose cost the program estimated itself. */
const ESTIMATED = 2;
const PICO_PER_NANO = 1_000n;

/** Our own estimate in nano-dollars. */
function estimatedCost(response: CountedResponse): number {
  const price = table.priceOf(response.model, response.at, standard);
  if (!price) throw new Error(`${response.model} has no price`);
  return Number((costOf(response, 0, price) + PICO_PER_NANO / 2n) / PICO_PER_NANO);
}

/** Whether a version charges reasoning twice: opencode up to 1.3.2 and Kilo 7.0 count it in the output and again separately. */
const chargesReasoningTwice = (name: string): boolean => /^(?:opencode 1\.[0-3]|Kilo CLI 7\.0)\./i.test(name);
const OUTPUT_NANO = 15_000;

const counted = await Promise.all(
  recordedHomes.map(async (home) => {
    using harness = new SourceHarness([home.source]);
    home.place(harness);
    await harness.scan(["usage"]);
    return { name: home.name, responses: harness.responses };
  }),
);

describe("costs of recorded programs", () => {
  test.each(counted.filter(({ responses }) => responses.some(({ costKind }) => costKind === ESTIMATED)))(
    "$name estimates the same costs as we do with its prices",
    ({ name, responses }) => {
      const estimated = responses.filter(({ costKind }) => costKind === ESTIMATED);
      const excess = (one: CountedResponse): number => (chargesReasoningTwice(name) ? one.reasoning * OUTPUT_NANO : 0);
      expect(estimated.map((one) => [one.key, estimatedCost(one) + excess(one)])).toEqual(
        estimated.map((one) => [one.key, one.cost]),
      );
    },
  );

  test("every real model in the recordings has a price in our table", () => {
    const prices = new PriceTable();
    const models = new Set(counted.flatMap(({ responses }) => responses.map(({ model }) => model)));
    const unpriced = [...models].filter((model) => !prices.find(model, Date.parse("2026-11-20")));
    // Cursor writes "default" if it chose the model itself.
    expect(unpriced.filter((model) => !/mock|^(?:default)?$/i.test(model))).toEqual([]);
  });
});
