import { describe, expect, test } from "bun:test";
import { expiriesOf } from "../../../src/reports/shared/cache.ts";
import { Costs } from "../../../src/pricing/costs.ts";
import type { ResponseRow } from "../../../src/ledger/rows.ts";
import { PriceTable } from "../../../src/model/price.ts";

const MINUTE = 60_000;
const price = { input: "5", output: "25", cacheWrite5m: "6.25", cacheWrite1h: "10", cacheRead: "0.5", webSearch: "10" };
const costs = new Costs(new PriceTable([{ models: ["opus"], from: null, ...price, source: "the test" }]), "auto");

const response = (minute: number, change: Partial<ResponseRow>): ResponseRow => ({
  at: minute * MINUTE,
  source: "claude-code",
  session: "s",
  project: "p",
  branch: "",
  machine: "",
  agent: "",
  model: "opus",
  speed: "standard",
  tier: "standard",
  region: "",
  context: 0,
  costKind: 0,
  reasoning: 0,
  input: 10,
  output: 100,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheRead: 0,
  searches: 0,
  cost: 0,
  ...change,
});
const found = (...rows: ResponseRow[]) => expiriesOf(rows, costs).map(({ tokens, lost }) => ({ tokens, lost }));

describe("estimated losses to expired caches", () => {
  const first = response(0, { cacheWrite5m: 20_000 });

  test("cached tokens written again after a pause longer than five minutes are a loss", () => {
    const again = response(6, { cacheWrite5m: 21_000 });
    expect(found(first, again)).toEqual([{ tokens: 20_000, lost: 20_000n * 5_750_000n }]);
  });

  test("new tokens and tokens that were still read are no loss", () => {
    expect(found(first, response(6, { cacheRead: 20_000, cacheWrite5m: 3_000 }))).toEqual([]);
    expect(found(first, response(6, { cacheRead: 15_000, cacheWrite5m: 6_000 }))).toMatchObject([{ tokens: 5_000 }]);
  });

  test("there is no loss after a shorter pause, or where nothing was cached before", () => {
    expect(found(first, response(5, { cacheWrite5m: 21_000 }))).toEqual([]);
    expect(found(response(0, {}), response(60, { cacheWrite5m: 21_000 }))).toEqual([]);
  });

  test("a one-hour cache expires after an hour, and its loss uses the one-hour write price", () => {
    const long = response(0, { cacheWrite1h: 20_000 });
    expect(found(long, response(59, { cacheWrite1h: 20_000 }))).toEqual([]);
    expect(found(long, response(61, { cacheWrite1h: 20_000 }))).toEqual([
      { tokens: 20_000, lost: 20_000n * 9_500_000n },
    ]);
  });

  test("each cache read extends the lifetime", () => {
    const read = response(4, { cacheRead: 20_000 });
    expect(found(first, read, response(8, { cacheWrite5m: 20_000 }))).toEqual([]);
  });

  test("models have separate caches", () => {
    expect(found(first, response(6, { model: "sonnet", cacheWrite5m: 21_000 }))).toEqual([]);
  });

  test("a loss of a model without a price has tokens and no cost", () => {
    const rows = [response(0, { model: "x", cacheWrite5m: 9 }), response(9, { model: "x", cacheWrite5m: 9 })];
    expect(found(...rows)).toEqual([{ tokens: 9, lost: null }]);
  });
});
