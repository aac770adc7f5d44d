import { describe, expect, test } from "bun:test";
import { overviewLines } from "../../src/reports/shared/overview/lines.ts";
import { overviewInput, overviewOf } from "../../src/reports/shared/overview/overview.ts";
import { overview } from "../../src/reports/overview.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";
import { runReport, golden, sample, contextWithoutLog, fullContext } from "./harness.ts";
import { ledgerOf, NOW, queryOf, withProgress } from "./sample.ts";
import { queriesOf } from "../ledger/queries.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";

interface Sums {
  readonly totalTokens: number;
  readonly totalCost: number | null;
}
interface Json {
  readonly today: Sums & { date: string };
  readonly week: Sums & { since: string };
  readonly lastDays: Sums;
  readonly days: readonly { date: string; totalTokens: number | null }[];
  readonly burn: { tokensPerMinute: number; dollarsPerHour: number | null } | null;
  readonly projectsToday: readonly { name: string }[];
  readonly findings: readonly unknown[] | null;
}
const json = async (
  ...options: Parameters<typeof runReport> extends [unknown, ...infer Rest] ? Rest : never
): Promise<Json> => (await runReport(overview, ...options)).json as Json;
const text = async (context = fullContext(), ledger = sample, now = NOW): Promise<string> =>
  overviewLines(
    overviewOf(await overviewInput(queryOf(ledger, { now }), context)),
    styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false }),
    80,
  ).join("\n");

describe("overview", () => {
  golden(overview);

  test("the week includes today, and the thirty days add up to their total", async () => {
    const { today, week, lastDays, days } = await json();
    expect(today.date).toBe("2026-11-20");
    expect(week.since).toBe("2026-11-15");
    expect(days.length).toBe(30);
    expect(days.at(-1)).toEqual({ date: "2026-11-20", totalTokens: today.totalTokens });
    expect(days.reduce((sum, one) => sum + (one.totalTokens ?? 0), 0)).toBe(lastDays.totalTokens);
    expect(week.totalTokens).toBeGreaterThan(today.totalTokens);
  });

  test("the overview ignores the range of the query, and shows its project filter", async () => {
    expect(await json({ since: "2026-01-01", until: "2026-01-02" })).toEqual(await json());
    expect((await json({ project: "shop" })).today.totalTokens).toBe(0);
    const { draw } = await runReport(overview, { project: "shop" });
    const style = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
    expect(draw?.(style, 80)[0]).toContain("project shop");
  });

  test("the burn rate covers the last half hour, and is null without usage", async () => {
    const { burn } = await json();
    const used = queriesOf(sample)
      .responses({ from: NOW - 1_800_000, to: NOW + 1 })
      .reduce((sum, row) => sum + row.input + row.output + row.cacheRead + row.cacheWrite5m + row.cacheWrite1h, 0);
    expect(burn?.tokensPerMinute).toBeCloseTo(used / 30);
    expect((await json({ now: NOW + 5 * 3_600_000 })).burn).toBeNull();
    const later = await text(fullContext(), sample, NOW + 5 * 3_600_000);
    expect(later).toContain("nothing over the last 30m, the last response was before 11:00");
  });

  test("the last response is one with usage, not a later prompt or tool", async () => {
    const at = NOW - 5 * 3_600_000;
    using ledger = ledgerOf([
      { kind: "response", key: "response:1", body: { ...plainResponse, at, input: 1_000 } },
      { kind: "action", key: "action:1", body: { ...plainAction, at: NOW - 60_000 } },
    ]);
    expect(await text(fullContext(ledger), ledger)).toContain("the last response was before 06:15");
  });

  test("without a log it shows how to turn it on, and no findings", async () => {
    expect((await json({}, contextWithoutLog())).findings).toBeNull();
    const found = await text(contextWithoutLog());
    expect(found).toContain("pawprint install --log");
    expect(found).not.toContain("inding");
  });

  test("an empty ledger shows a sentence instead of zeros", async () => {
    using ledger = ledgerOf([]);
    const found = await text(fullContext(ledger), ledger);
    expect(found).toContain("No usage has been read yet");
    expect(found).not.toContain("$0.00");
  });

  test("it shows how far the files have been read until they are complete", async () => {
    const at = (usage: number, activity: number) =>
      text(fullContext(sample, { queries: withProgress(sample, { files: 1, size: 100, usage, activity }) }));
    expect(await at(50, 0)).toContain("Responses have been read to 50.0%");
    expect(await at(100, 25)).toContain("Session activity has been read to 25.0%");
    expect(await at(100, 100)).not.toContain("been read to");
  });

  test.each(["classic", "colorblind", "meadow"])(
    "no line of the overview in theme %s is wider than the terminal, at any width",
    async (theme) => {
      const found = overviewOf(await overviewInput(queryOf(sample), fullContext()));
      for (const glyphs of ["unicode", "ascii"] as const) {
        const style = styleOf({ theme, glyphs, colour: true, links: false });
        for (let columns = 60; columns <= 200; columns++) {
          expect(Math.max(...overviewLines(found, style, columns).map(width))).toBeLessThanOrEqual(columns);
        }
      }
    },
  );

  test("the ascii overview has printable ASCII characters only", async () => {
    const found = overviewOf(await overviewInput(queryOf(sample), fullContext()));
    const style = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
    expect(overviewLines(found, style, 100).join("\n")).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
