import { describe, expect, test } from "bun:test";
import type { LogRecord } from "../../src/model/record.ts";
import { limits } from "../../src/reports/limits.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { ask, golden, sample, silentBooks, wholeBooks } from "./deeds.ts";
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

  test("the weekly wall with its range, on the local clock", async () => {
    const resetsAt = NOW + 40 * 3_600_000;
    // 0.5 % an hour for three days, and twice that in the last.
    const log = Array.from({ length: 128 }, (_, hour) => {
      const percent = hour < 104 ? hour * 0.5 : 52 + (hour - 104);
      const record = sampleLog()[0];
      const limit = { seven_day: { utilization: percent, resets_at: new Date(resetsAt).toISOString() } };
      return {
        ...record,
        id: `usage-${hour}`,
        timestamp: new Date(NOW - (127 - hour) * 3_600_000).toISOString(),
        usage_data: { rate_limits: limit },
      } as LogRecord;
    });
    const books = wholeBooks(sample, { log: (kind) => Promise.resolve(kind === "usage" ? log : []) });
    const { rows, json } = await ask(limits, {}, books);
    // 25 % are left: at 0.98 an hour over the last day in 25.5 hours; at 0.68, the median of 0.98, 0.74, 0.62 and 0.59, in 36.8.
    expect(rows[0]?.[5]).toBe("full Sat 23:46 (earliest Sat 12:31, or only after the reset)");
    expect((json as Json).limits[0]?.forecast).toMatchObject({ kind: "wall", rates: 4 });
  });

  test("a window that is over says nothing of now", async () => {
    const later = { now: NOW + 5 * 3_600_000 };
    const { limits: found } = (await ask(limits, later)).json as Json;
    expect(found[0]).toMatchObject({ usedPercent: null, lastSeenPercent: 26, forecast: null });
    const { rows } = await ask(limits, later);
    expect(rows[0]?.[1]).toBeNull();
  });

  test("limits of spending, with their amounts, in table, CSV and JSON", async () => {
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
    })) as LogRecord[];
    const books = wholeBooks(sample, { log: (kind) => Promise.resolve(kind === "usage" ? log : []) });
    const { columns, rows, json, draw, notes } = await ask(limits, {}, books);
    expect(columns.at(-1)?.name).toBe("Spent");
    expect(rows.map((row) => [row[0], row[1], row[2], row.at(-1)])).toEqual([
      ["spend limit, monthly", 112.5, "2026-12-01 01:00", "$450.00 of $400.00"],
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
    const nextMonth = await ask(limits, { now: NOW + 20 * 86_400_000 }, books);
    expect((nextMonth.json as { limits: object[] }).limits).toMatchObject([
      { usedPercent: null, lastSeenPercent: 112.5 },
      { usedPercent: null },
    ]);
  });

  test("a limit of spending whose percentage is not known shows its amount", async () => {
    const rate_limits = { extra_usage: { is_enabled: true, monthly_limit: null, used_credits: 5, currency: "EUR" } };
    const log = [
      { ...sampleLog()[0], timestamp: new Date(NOW).toISOString(), usage_data: { rate_limits } } as LogRecord,
    ];
    const books = wholeBooks(sample, { log: (kind) => Promise.resolve(kind === "usage" ? log : []) });
    const { rows, draw } = await ask(limits, {}, books);
    expect([rows[0]?.[1], rows[0]?.at(-1)]).toEqual([null, "0.05 EUR"]);
    expect(draw?.(plain, 120)[0]).toBe("extra usage  ?  0.05 EUR  reset not known  seen now");
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
