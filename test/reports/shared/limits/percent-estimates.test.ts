import { describe, expect, test } from "bun:test";
import { percentEstimates } from "../../../../src/reports/shared/limits/percent-estimates.ts";
import type { ObservedWindow } from "../../../../src/reports/shared/limits/windows.ts";
import type { Observation, ResponseObservation } from "../../../../src/model/observation.ts";
import { contextOf, ledgerOf } from "../../sample.ts";
import { OPUS, sampleObservations, SONNET, UNPRICED } from "../../sample-work.ts";

const BUCKET_MS = 900_000;
const BEGIN = Date.parse("2026-11-19T10:00:00Z");

/** A response with some input tokens, some 15-minute buckets after BEGIN. */
function response(bucket: number, input: number, model: string = OPUS): Observation {
  const like = sampleObservations().find(({ kind }) => kind === "response")?.body as ResponseObservation;
  const noOtherTokens = { output: 0, cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0, searches: 0 };
  const body = {
    ...like,
    ...noOtherTokens,
    at: BEGIN + bucket * BUCKET_MS + 60_000,
    model,
    input,
    request: `r${bucket}${model}`,
  };
  return { kind: "response", key: `response:${bucket}${model}`, body };
}

/** A window that rose by 2 percent in each 15-minute bucket. */
const rising = (key: string, buckets: number): ObservedWindow => ({
  key,
  lengthMs: 20 * BUCKET_MS,
  resetsAt: BEGIN + 20 * BUCKET_MS,
  points: Array.from({ length: buckets + 1 }, (_, at) => ({ at: BEGIN + at * BUCKET_MS, percent: at * 2 })),
});

async function estimateOf(window: ObservedWindow, ...responses: readonly Observation[]) {
  using ledger = ledgerOf(responses);
  return (await percentEstimates([window], ledger.queries, contextOf(ledger).costs)).get(window.key);
}

describe("estimates per percent of a limit", () => {
  const used = [10_000, 20_000, 30_000].map((tokens, bucket) => response(bucket, tokens));

  test("tokens and micro-dollars per percent come from each rise, at $5 a million", async () => {
    expect(await estimateOf(rising("five_hour", 3), ...used)).toEqual({
      tokens: { middle: 10_000, low: 7_500, high: 12_500, n: 3 },
      micros: { middle: 50_000, low: 37_500, high: 62_500, n: 3 },
      elsewhere: 0,
    });
  });

  test("rises without usage in this ledger are counted separately", async () => {
    expect(await estimateOf(rising("five_hour", 5), ...used)).toMatchObject({
      tokens: { middle: 10_000, n: 3 },
      elsewhere: 2,
    });
  });

  test("a limit of one model is compared with the usage of that model", async () => {
    const other = used.map((_, bucket) => response(bucket, 700_000, SONNET));
    expect((await estimateOf(rising("model:Opus", 3), ...used, ...other))?.tokens?.middle).toBe(10_000);
  });

  test("a rise with unpriced usage counts for tokens but not for dollars", async () => {
    const found = await estimateOf(rising("five_hour", 3), ...used, response(1, 1, UNPRICED));
    expect(found?.tokens?.n).toBe(3);
    expect(found?.micros).toBeNull();
  });

  test("two rises are too few for an estimate", async () => {
    expect(await estimateOf(rising("five_hour", 2), ...used)).toMatchObject({ tokens: null, micros: null });
  });
});
