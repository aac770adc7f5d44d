import { describe, expect, test } from "bun:test";
import { overviewLines } from "../../src/reports/shared/overview/lines.ts";
import { overviewGiven, overviewOf } from "../../src/reports/shared/overview/overview.ts";
import { overview } from "../../src/reports/overview.ts";
import { styleOf, width } from "../../src/utils/terminal.ts";
import { ask, golden, sample, silentBooks, wholeBooks } from "./deeds.ts";
import { ledgerOf, NOW, questionOf } from "./sample.ts";

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
const json = async (...asked: Parameters<typeof ask> extends [unknown, ...infer Rest] ? Rest : never): Promise<Json> =>
  (await ask(overview, ...asked)).json as Json;
const text = async (books = wholeBooks(), ledger = sample, now = NOW): Promise<string> =>
  overviewLines(
    overviewOf(await overviewGiven(questionOf(ledger, { now }), books)),
    styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false }),
    80,
  ).join("\n");

describe("overview", () => {
  golden(overview);

  test("today is in the week, the week in the thirty days, and those are the sum of theirs", async () => {
    const { today, week, lastDays, days } = await json();
    expect(today.date).toBe("2026-11-20");
    expect(week.since).toBe("2026-11-15");
    expect(days.length).toBe(30);
    expect(days.at(-1)).toEqual({ date: "2026-11-20", totalTokens: today.totalTokens });
    expect(days.reduce((sum, one) => sum + (one.totalTokens ?? 0), 0)).toBe(lastDays.totalTokens);
    expect(week.totalTokens).toBeGreaterThan(today.totalTokens);
  });

  test("the range of the question does not matter; its project does, and the screen says so", async () => {
    expect(await json({ since: "2026-01-01", until: "2026-01-02" })).toEqual(await json());
    expect((await json({ project: "shop" })).today.totalTokens).toBe(0);
    const { draw } = await ask(overview, { project: "shop" });
    const look = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
    expect(draw?.(look, 80)[0]).toContain("project shop");
  });

  test("the burn rate is that of the last half hour; without use it is none, and not 0", async () => {
    const { burn } = await json();
    const used = sample.queries
      .responses({ from: NOW - 1_800_000, to: NOW + 1 })
      .reduce((sum, row) => sum + row.input + row.output + row.cacheRead + row.cacheWrite5m + row.cacheWrite1h, 0);
    expect(burn?.tokensPerMinute).toBeCloseTo(used / 30);
    expect((await json({ now: NOW + 5 * 3_600_000 })).burn).toBeNull();
    const later = await text(wholeBooks(), sample, NOW + 5 * 3_600_000);
    expect(later).toContain("nothing over the last 30m, the last response was before 11:00");
  });

  test("without a log it tells how to get one, and claims nothing of findings", async () => {
    expect((await json({}, silentBooks())).findings).toBeNull();
    const found = await text(silentBooks());
    expect(found).toContain("pawprint install --log");
    expect(found).not.toContain("inding");
  });

  test("an empty ledger is no row of zeros", async () => {
    using ledger = ledgerOf([]);
    const found = await text(wholeBooks(ledger), ledger);
    expect(found).toContain("No usage is known yet");
    expect(found).not.toContain("$0.00");
  });

  test("it says how far the reading is, as long as it is not done", async () => {
    const at = (usage: number, activity: number) =>
      text(wholeBooks(sample, { progress: { files: 1, size: 100, usage, activity } }));
    expect(await at(50, 0)).toContain("Responses are read to 50.0%");
    expect(await at(100, 25)).toContain("What sessions did is read to 25.0%");
    expect(await at(100, 100)).not.toContain("is read to");
  });

  test.each(["classic", "colorblind", "meadow"])(
    "no line of %s is wider than the terminal, at any width",
    async (theme) => {
      const found = overviewOf(await overviewGiven(questionOf(sample), wholeBooks()));
      for (const glyphs of ["unicode", "ascii"] as const) {
        const look = styleOf({ theme, glyphs, colour: true, links: false });
        for (let columns = 60; columns <= 200; columns++) {
          expect(Math.max(...overviewLines(found, look, columns).map(width))).toBeLessThanOrEqual(columns);
        }
      }
    },
  );

  test("ascii is ascii", async () => {
    const found = overviewOf(await overviewGiven(questionOf(sample), wholeBooks()));
    const look = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
    expect(overviewLines(found, look, 100).join("\n")).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
