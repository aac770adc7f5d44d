import { describe, expect, test } from "bun:test";
import { learnedOf } from "../../../../src/reports/shared/limits/learned.ts";
import type { SeenWindow } from "../../../../src/reports/shared/limits/windows.ts";
import type { Observation, ResponseObservation } from "../../../../src/model/observation.ts";
import { booksOf, ledgerOf } from "../../sample.ts";
import { OPUS, sampleObservations, SONNET, UNPRICED } from "../../sample-work.ts";

const QUARTER = 900_000;
const BEGIN = Date.parse("2026-11-19T10:00:00Z");

/** A response of so many tokens of input, so many quarter hours after BEGIN. */
function response(quarter: number, input: number, model: string = OPUS): Observation {
  const like = sampleObservations().find(({ kind }) => kind === "response")?.body as ResponseObservation;
  const rest = { output: 0, cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0, searches: 0 };
  const body = {
    ...like,
    ...rest,
    at: BEGIN + quarter * QUARTER + 60_000,
    model,
    input,
    request: `r${quarter}${model}`,
  };
  return { kind: "response", key: `response:${quarter}${model}`, body };
}

/** A window that rose by 2 percent in each quarter hour. */
const rising = (key: string, quarters: number): SeenWindow => ({
  key,
  lengthMs: 20 * QUARTER,
  resetsAt: BEGIN + 20 * QUARTER,
  points: Array.from({ length: quarters + 1 }, (_, at) => ({ at: BEGIN + at * QUARTER, percent: at * 2 })),
});

function learned(window: SeenWindow, ...responses: readonly Observation[]) {
  using ledger = ledgerOf(responses);
  return learnedOf([window], ledger.queries, booksOf(ledger).costs).get(window.key);
}

describe("what one percent of a limit comes to", () => {
  const used = [10_000, 20_000, 30_000].map((tokens, quarter) => response(quarter, tokens));

  test("tokens and micro-dollars of each rise, at $5 a million", () => {
    expect(learned(rising("five_hour", 3), ...used)).toEqual({
      tokens: { middle: 10_000, low: 7_500, high: 12_500, n: 3 },
      micros: { middle: 50_000, low: 37_500, high: 62_500, n: 3 },
      elsewhere: 0,
    });
  });

  test("rises without use here are counted apart", () => {
    expect(learned(rising("five_hour", 5), ...used)).toMatchObject({ tokens: { middle: 10_000, n: 3 }, elsewhere: 2 });
  });

  test("a limit of one model is compared with that model", () => {
    const other = used.map((_, quarter) => response(quarter, 700_000, SONNET));
    expect(learned(rising("model:Opus", 3), ...used, ...other)?.tokens?.middle).toBe(10_000);
  });

  test("where something has no price, tokens are known and dollars are not", () => {
    const found = learned(rising("five_hour", 3), ...used, response(1, 1, UNPRICED));
    expect(found?.tokens?.n).toBe(3);
    expect(found?.micros).toBeNull();
  });

  test("two rises teach nothing", () => {
    expect(learned(rising("five_hour", 2), ...used)).toMatchObject({ tokens: null, micros: null });
  });
});
