import { describe, expect, test } from "bun:test";
import { hourly } from "../../src/reports/hourly.ts";
import { daily } from "../../src/reports/daily.ts";
import { dateOf } from "../../src/model/calendar.ts";
import { stampOf } from "../../src/render/format.ts";
import { fullContext, golden, runReport, sample } from "./harness.ts";
import { used } from "./hub-machines.ts";
import { ledgerOf } from "./sample.ts";

interface Hour {
  readonly hour: string;
  readonly totalTokens: number;
  readonly isOver?: false;
}
const zones = ["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Chatham", "Australia/Lord_Howe"];

const hoursOf = async (options: Parameters<typeof runReport>[1], ledger = sample): Promise<readonly Hour[]> =>
  ((await runReport(hourly, options, fullContext(ledger), ledger)).json as { hourly: readonly Hour[] }).hourly;

/** The hours of a local day, without usage too, of a ledger that begins a year before. */
async function hoursOfDay(zone: string, date: string): Promise<readonly string[]> {
  const now = Date.parse("2026-11-20T10:00:00Z");
  using ledger = ledgerOf([used("old", Date.parse("2025-11-20T10:00:00Z"), 5)]);
  const found = await hoursOf({ zone, since: date, until: date, hasAllPeriods: true, now }, ledger);
  return found.map(({ hour }) => stampOf(zone, Date.parse(hour)).slice(-5));
}

describe("hourly", () => {
  golden(hourly, "hourly", { since: "2026-11-19" });

  test.each(zones)(
    "the hours of each day in %s add up to the day, and begin when its clock shows a whole hour",
    async (zone) => {
      const hours = await hoursOf({ zone });
      const days = (await runReport(daily, { zone })).json as {
        daily: { date: string; totalTokens: number; provenance?: unknown }[];
      };
      const byDay = Map.groupBy(hours, ({ hour }) => dateOf(zone, Date.parse(hour)));
      const sums = Array.from(byDay, ([date, some]) => ({
        date,
        totalTokens: some.reduce((sum, one) => sum + one.totalTokens, 0),
      }));
      expect(sums).toEqual(
        days.daily.flatMap(({ date, totalTokens, provenance }) => (provenance ? [] : [{ date, totalTokens }])),
      );
      expect(hours.length).toBeGreaterThan(sums.length);
      expect(new Set(hours.map(({ hour }) => hour)).size).toBe(hours.length);
      // The first hour is cut where the range begins.
      for (const { hour } of hours.slice(1)) expect(stampOf(zone, Date.parse(hour))).toEndWith(":00");
    },
  );

  test("a day has 25 hours when the clock is turned back, and 23 when it is turned forward", async () => {
    const back = await hoursOfDay("Europe/Berlin", "2026-10-25");
    expect(back.slice(0, 5)).toEqual(["00:00", "01:00", "02:00", "02:00", "03:00"]);
    expect(back).toHaveLength(25);
    const forward = await hoursOfDay("Europe/Berlin", "2026-03-29");
    expect(forward.slice(0, 4)).toEqual(["00:00", "01:00", "03:00", "04:00"]);
    expect(forward).toHaveLength(23);
  });

  test("an hour that a clock change of 30 minutes cuts has two rows, as the queries have", async () => {
    const zone = "Australia/Lord_Howe";
    const hours = await hoursOfDay(zone, "2026-10-04");
    expect(hours.slice(0, 4)).toEqual(["00:00", "01:00", "02:30", "03:00"]);
    const at = Date.parse("2026-10-03T15:35:00Z");
    using ledger = ledgerOf([used("a", at - 3_600_000, 5), used("b", at, 7)]);
    const found = await hoursOf({ zone, now: at + 86_400_000 }, ledger);
    expect(found.map(({ hour, totalTokens }) => [stampOf(zone, Date.parse(hour)), totalTokens])).toEqual([
      ["2026-10-04 01:00", 5],
      ["2026-10-04 02:30", 7],
    ]);
  });

  test("the hour that is not over says so in JSON, and so does the day", async () => {
    const hours = await hoursOf({ since: "2026-11-20", hasAllPeriods: true });
    expect(hours.map(({ isOver }) => isOver).filter((one) => one !== undefined)).toEqual([false]);
    expect(hours.at(-1)?.isOver).toBe(false);
    const { json } = await runReport(daily, { since: "2026-11-19" });
    expect((json as { daily: Hour[] }).daily.map(({ isOver }) => isOver)).toEqual([undefined, false]);
  });

  test("imported days are left out with a note, since their hours are not known", async () => {
    const { notes } = await runReport(hourly);
    expect(notes).toContain("Left out, because their hours are not known: 2 imported days.");
  });
});
