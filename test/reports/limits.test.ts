import { describe, expect, test } from "bun:test";
import type { LoggedRecord } from "../../src/model/record.ts";
import { limits } from "../../src/reports/limits.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { runReport, golden, sample, contextWithoutLog, fullContext } from "./harness.ts";
import { NOW, sampleLog } from "./sample.ts";

const plain = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

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

  test("each limit has its age, its forecast and estimates per percent", async () => {
    const { limits: found, records } = (await runReport(limits)).json as Json;
    expect(records).toBe(sampleLog().length);
    expect(found.map(({ limit }) => limit)).toEqual(["five_hour", "seven_day"]);
    const [five] = found;
    expect(five).toMatchObject({ usedPercent: 26, ageMs: 600_000, forecast: { kind: "stands" } });
    // In the sample's open window, each half hour has 87k to 450k tokens and 6 or 7 percent.
    expect(five?.estimate.tokensPerPercent?.n).toBeGreaterThanOrEqual(3);
    expect(five?.estimate.tokensPerPercent?.middle).toBeGreaterThan(10_000);
    expect(five?.estimate.tokensPerPercent?.middle).toBeLessThan(100_000);
    expect(five?.estimate.dollarsPerPercent?.middle).toBeGreaterThan(0);
  });

  test("the forecast of a full weekly limit has a range, in local time", async () => {
    const resetsAt = NOW + 40 * 3_600_000;
    // 0.5 % an hour until the last day, then 1 % an hour.
    const log = Array.from({ length: 128 }, (_, hour) => {
      const percent = hour < 104 ? hour * 0.5 : 52 + (hour - 104);
      const record = sampleLog()[0];
      const limit = { seven_day: { utilization: percent, resets_at: new Date(resetsAt).toISOString() } };
      return {
        ...record,
        id: `usage-${hour}`,
        timestamp: new Date(NOW - (127 - hour) * 3_600_000).toISOString(),
        usage_data: { rate_limits: limit },
      } as LoggedRecord;
    });
    const context = fullContext(sample, { log: (kind) => Promise.resolve(kind === "usage" ? log : []) });
    const { cells, json } = await runReport(limits, {}, context);
    // 25 % are left: 25.5 hours at 0.98 % an hour over the last day; 36.8 hours at 0.68, the median of 0.98, 0.74, 0.62 and 0.59.
    expect(cells[0]?.[5]).toBe("full Sat 23:46 (earliest Sat 12:31, or only after the reset)");
    expect((json as Json).limits[0]?.forecast).toMatchObject({ kind: "wall", rates: 4 });
  });

  test("a window after its reset has no current percentage", async () => {
    const later = { now: NOW + 5 * 3_600_000 };
    const { limits: found } = (await runReport(limits, later)).json as Json;
    expect(found[0]).toMatchObject({ usedPercent: null, lastSeenPercent: 26, forecast: null });
    const { cells } = await runReport(limits, later);
    expect(cells[0]?.[1]).toBeNull();
  });

  test("spend limits show their amounts in table, CSV and JSON", async () => {
    const resetsAt = "2026-12-01T00:00:00.000Z";
    const spend_limit = {
      used_percentage: 112.5,
      resets_at: Date.parse(resetsAt) / 1_000,
      used_usd: 450,
      limit_usd: 400,
      period: "monthly",
    };
    const extra_usage = { is_enabled: true, monthly_limit: 40_000, used_credits: 37_519, utilization: null };
    const log = [6, 3, 0].map((hours) => ({
      ...sampleLog()[0],
      id: `usage-${hours}`,
      session_id: "s-1",
      timestamp: new Date(NOW - hours * 3_600_000).toISOString(),
      usage_data: { rate_limits: { five_hour: null, extra_usage } },
      statusline: {
        rate_limits: { spend_limit: { ...spend_limit, used_percentage: 112.5 - 6 * hours } },
        context_window: null,
        cost: null,
        seen_at: new Date(NOW - hours * 3_600_000).toISOString(),
      },
    })) as LoggedRecord[];
    const context = fullContext(sample, { log: (kind) => Promise.resolve(kind === "usage" ? log : []) });
    const { heads, cells, json, draw, notes } = await runReport(limits, {}, context);
    expect(heads.at(-1)?.name).toBe("Spent");
    expect(cells.map((row) => [row[0], row[1], row[2], row.at(-1)])).toEqual([
      ["spend limit, monthly", 112.5, Date.parse("2026-12-01T00:00:00Z"), "$450.00 of $400.00"],
      ["extra usage", expect.closeTo(93.8, 1), "not known", "$375.19 of $400.00"],
    ]);
    expect((json as { limits: object[] }).limits).toMatchObject([
      {
        limit: "spend_limit",
        usedPercent: 112.5,
        windowMinutes: 30 * 24 * 60,
        resetsAt,
        spend: { used: 450, limit: 400, currency: "USD", period: "monthly" },
        forecast: { kind: "wall" },
      },
      {
        limit: "extra_usage",
        windowMinutes: null,
        resetsAt: null,
        spend: { used: 375.19, limit: 400 },
        forecast: null,
      },
    ]);
    const drawn = draw?.(plain, 120).join("\n") ?? "";
    expect(drawn).toContain("112%  $450.00 of $400.00  resets 2026-12-01");
    expect(drawn).toContain("93%  $375.19 of $400.00  reset not known");
    expect(notes.join()).not.toContain("nobody was signed in");
    const nextMonth = await runReport(limits, { now: NOW + 20 * 86_400_000 }, context);
    expect((nextMonth.json as { limits: object[] }).limits).toMatchObject([
      { usedPercent: null, lastSeenPercent: 112.5 },
      { usedPercent: null },
    ]);
  });

  test("a spend limit without a percentage shows its amount", async () => {
    const rate_limits = { extra_usage: { is_enabled: true, monthly_limit: null, used_credits: 5, currency: "EUR" } };
    const log = [
      { ...sampleLog()[0], timestamp: new Date(NOW).toISOString(), usage_data: { rate_limits } } as LoggedRecord,
    ];
    const context = fullContext(sample, { log: (kind) => Promise.resolve(kind === "usage" ? log : []) });
    const { cells, draw } = await runReport(limits, {}, context);
    expect([cells[0]?.[1], cells[0]?.at(-1)]).toEqual([null, "0.05 EUR"]);
    expect(draw?.(plain, 120)[0]).toBe("extra usage  ?  0.05 EUR  reset not known  seen now");
  });

  test("without records a note says how to turn on the log", async () => {
    const { rows, empty, notes, draw } = await runReport(limits, {}, contextWithoutLog());
    expect(rows).toEqual([]);
    expect(draw).toBeUndefined();
    expect(empty).toBe("Nothing is logged about the limits.");
    expect(notes.join()).toContain("pawprint install --log");
  });

  test("records without limits and missing records have different messages", async () => {
    const withoutLimits = sampleLog().map((record) => ({ ...record, usage_data: { rate_limits_available: false } }));
    const context = fullContext(sample, { log: () => Promise.resolve(withoutLimits) });
    expect((await runReport(limits, {}, context)).empty).toBe("Our log holds no limits.");
  });

  test("the log is read for two weeks", async () => {
    const sinceTimes: number[] = [];
    const log = (_: string, since: number) => {
      sinceTimes.push(since);
      return Promise.resolve([]);
    };
    await runReport(limits, {}, fullContext(sample, { log }));
    expect(sinceTimes).toEqual([NOW - 14 * 86_400_000]);
  });
});
