import { describe, expect, test } from "bun:test";
import { limits } from "../../src/reports/limits.ts";
import { ask, golden, sample, silentBooks, wholeBooks } from "./deeds.ts";
import { NOW, sampleLog } from "./sample.ts";

interface Json {
  readonly records: number;
  readonly limits: readonly {
    readonly limit: string;
    readonly usedPercent: number | null;
    readonly lastSeenPercent: number;
    readonly ageMs: number;
    readonly forecast: { readonly kind: string; readonly rates: number } | null;
    readonly estimate: {
      readonly tokensPerPercent: { readonly middle: number; readonly n: number } | null;
      readonly dollarsPerPercent: { readonly middle: number } | null;
      readonly risesElsewhere: number;
    };
  }[];
}

describe("limits", () => {
  golden(limits);

  test("each limit with its age, its forecast and what one percent comes to", async () => {
    const { limits: found, records } = (await ask(limits)).json as Json;
    expect(records).toBe(sampleLog().length);
    expect(found.map(({ limit }) => limit)).toEqual(["five_hour", "seven_day"]);
    const [five] = found;
    expect(five).toMatchObject({ usedPercent: 26, ageMs: 600_000, forecast: { kind: "stands" } });
    // Each half hour of the sample's open window is some 87k to 450k tokens beside 6 or 7 percent.
    expect(five?.estimate.tokensPerPercent?.n).toBeGreaterThanOrEqual(3);
    expect(five?.estimate.tokensPerPercent?.middle).toBeGreaterThan(10_000);
    expect(five?.estimate.tokensPerPercent?.middle).toBeLessThan(100_000);
    expect(five?.estimate.dollarsPerPercent?.middle).toBeGreaterThan(0);
  });

  test("a window that is over says nothing of now", async () => {
    const later = { now: NOW + 5 * 3_600_000 };
    const { limits: found } = (await ask(limits, later)).json as Json;
    expect(found[0]).toMatchObject({ usedPercent: null, lastSeenPercent: 26, forecast: null });
    const { rows } = await ask(limits, later);
    expect(rows[0]?.[1]).toBeNull();
  });

  test("without records: a sentence that tells how to get them", async () => {
    const { rows, empty, notes, draw } = await ask(limits, {}, silentBooks());
    expect(rows).toEqual([]);
    expect(draw).toBeUndefined();
    expect(empty).toBe("Nothing is logged of the limits.");
    expect(notes.join()).toContain("pawprint install --log");
  });

  test("records without limits are told apart from no records", async () => {
    const bare = sampleLog().map((record) => ({ ...record, usage_data: { rate_limits_available: false } }));
    const books = wholeBooks(sample, { log: () => Promise.resolve(bare) });
    expect((await ask(limits, {}, books)).empty).toBe("Our log holds no limits.");
  });

  test("the log is asked for two weeks, not for more", async () => {
    const asked: number[] = [];
    const log = (_: string, since: number) => {
      asked.push(since);
      return Promise.resolve([]);
    };
    await ask(limits, {}, wholeBooks(sample, { log }));
    expect(asked).toEqual([NOW - 14 * 86_400_000]);
  });
});
