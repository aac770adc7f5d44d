import { describe, expect, test } from "bun:test";
import type { Observation, ResponseObservation } from "../../src/model/observation.ts";
import { cache } from "../../src/reports/cache.ts";
import { ask, golden, wholeBooks } from "./deeds.ts";
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

/** One of the sample's responses, changed. */
function response(minute: number, change: Partial<ResponseObservation>): Observation {
  const like = sampleObservations().find(({ kind }) => kind === "response");
  const at = Date.parse("2026-11-19T10:00:00Z") + minute * 60_000;
  const body = { ...(like?.body as ResponseObservation), session: "s", project: "/p", model: OPUS, at, ...change };
  return { kind: "response", key: `response:${minute}`, body: { ...body, request: `r${minute}` } };
}
const wrote = { input: 0, cacheRead: 0, cacheWrite: 100_000, cacheWrite5m: 100_000, cacheWrite1h: 0 };
const read = { input: 100_000, cacheRead: 300_000, cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

async function over(...observations: readonly Observation[]): Promise<Json> {
  using ledger = ledgerOf(observations);
  return (await ask(cache, {}, wholeBooks(ledger), ledger)).json as Json;
}

describe("cache", () => {
  golden(cache);

  test("hits, savings and writes, worked out by hand: $5 input, $6.25 write, $0.25 read for a million", async () => {
    const { totals } = await over(response(0, wrote), response(1, read));
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

  test("what ran out in a pause is an estimate of its own", async () => {
    const { totals } = await over(response(0, wrote), response(9, wrote));
    expect(totals.estimate).toEqual({ expiries: 1, rewrittenTokens: 100_000, lost: 0.6 });
  });

  test("two sessions side by side do not keep each other's cache warm, nor let it run out", async () => {
    const [a, b] = [response(0, wrote), response(9, { ...wrote, session: "t" })];
    expect((await over(a, b)).totals.estimate.expiries).toBe(0);
  });

  test("a model without a price has hits and no money", async () => {
    const { totals } = await over(
      response(0, { ...wrote, model: UNPRICED }),
      response(1, { ...read, model: UNPRICED }),
    );
    expect(totals).toMatchObject({ hitPercent: 60, saved: null, writes: null, estimate: { lost: null } });
  });

  test("projects, models and the whole agree", async () => {
    const { projects, models, totals } = (await ask(cache)).json as Json;
    for (const parts of [projects, models, projects.flatMap((one) => one.models)]) {
      const sum = (of: "cacheReadTokens" | "cacheCreationTokens" | "inputTokens"): number =>
        parts.reduce((all, one) => all + one[of], 0);
      expect(sum("cacheReadTokens")).toBe(totals.cacheReadTokens);
      expect(sum("cacheCreationTokens")).toBe(totals.cacheCreationTokens);
      expect(sum("inputTokens")).toBe(totals.inputTokens);
    }
  });

  test("--breakdown has a row for each model below its project", async () => {
    const { rows } = await ask(cache, { isBrokenDown: true, project: "shop" });
    expect(rows.map(([name]) => name)).toEqual(["shop", "  opus-5-5", "  sonnet-5-5", "  haiku-5-5", "  mystery-9"]);
  });
});
