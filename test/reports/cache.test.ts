import { describe, expect, test } from "bun:test";
import type { Observation, ResponseObservation } from "../../src/model/observation.ts";
import { cache } from "../../src/reports/cache.ts";
import { runReport, golden, fullContext } from "./harness.ts";
import { ledgerOf } from "./sample.ts";
import { OPUS, sampleObservations, UNPRICED } from "./sample-work.ts";

interface Use {
  readonly hitPercent: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  readonly inputTokens: number;
  readonly saved: number | null;
  readonly writes: number | null;
  readonly writesMoreThanInput: number | null;
  readonly estimate: { readonly expiries: number; readonly rewrittenTokens: number; readonly lost: number | null };
}
interface Json {
  readonly projects: readonly (Use & { project: string; models: readonly (Use & { model: string })[] })[];
  readonly models: readonly (Use & { model: string })[];
  readonly totals: Use;
}

/** A changed response of the sample. */
function response(minute: number, change: Partial<ResponseObservation>): Observation {
  const like = sampleObservations().find(({ kind }) => kind === "response");
  const at = Date.parse("2026-11-19T10:00:00Z") + minute * 60_000;
  const body = { ...(like?.body as ResponseObservation), session: "s", project: "/p", model: OPUS, at, ...change };
  return { kind: "response", key: `response:${minute}`, body: { ...body, request: `r${minute}` } };
}
const writeFields = { input: 0, cacheRead: 0, cacheWrite: 100_000, cacheWrite5m: 100_000, cacheWrite1h: 0 };
const readFields = { input: 100_000, cacheRead: 300_000, cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

async function runOver(...observations: readonly Observation[]): Promise<Json> {
  using ledger = ledgerOf(observations);
  return (await runReport(cache, {}, fullContext(ledger), ledger)).json as Json;
}

describe("cache", () => {
  golden(cache);

  test("hits, savings and writes match a calculation by hand ($5 input, $6.25 write, $0.25 read per million)", async () => {
    const { totals } = await runOver(response(0, writeFields), response(1, readFields));
    expect(totals).toEqual({
      hitPercent: 60,
      cacheReadTokens: 300_000,
      cacheCreationTokens: 100_000,
      inputTokens: 100_000,
      saved: 1.425,
      writes: 0.625,
      writesMoreThanInput: 0.125,
      estimate: { expiries: 0, rewrittenTokens: 0, lost: 0 },
      unpricedTokens: 0,
    } as Use);
  });

  test("a cache that expired in a pause counts as an estimated loss", async () => {
    const { totals } = await runOver(response(0, writeFields), response(9, writeFields));
    expect(totals.estimate).toEqual({ expiries: 1, rewrittenTokens: 100_000, lost: 0.6 });
  });

  test("parallel sessions do not affect each other's cache expiry", async () => {
    const [a, b] = [response(0, writeFields), response(9, { ...writeFields, session: "t" })];
    expect((await runOver(a, b)).totals.estimate.expiries).toBe(0);
  });

  test("a model without a price has a hit rate and no amounts", async () => {
    const { totals } = await runOver(
      response(0, { ...writeFields, model: UNPRICED }),
      response(1, { ...readFields, model: UNPRICED }),
    );
    expect(totals).toMatchObject({ hitPercent: 60, saved: null, writes: null, estimate: { lost: null } });
  });

  test("projects and models add up to the totals", async () => {
    const { projects, models, totals } = (await runReport(cache)).json as Json;
    for (const parts of [projects, models, projects.flatMap((one) => one.models)]) {
      const sum = (of: "cacheReadTokens" | "cacheCreationTokens" | "inputTokens"): number =>
        parts.reduce((all, one) => all + one[of], 0);
      expect(sum("cacheReadTokens")).toBe(totals.cacheReadTokens);
      expect(sum("cacheCreationTokens")).toBe(totals.cacheCreationTokens);
      expect(sum("inputTokens")).toBe(totals.inputTokens);
    }
  });

  test("--breakdown has a row for each model below its project", async () => {
    const { cells } = await runReport(cache, { isBrokenDown: true, project: "shop" });
    expect(cells.map(([name]) => name)).toEqual(["shop", "  opus-5-5", "  sonnet-5-5", "  haiku-5-5", "  mystery-9"]);
  });
});
