import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addDays,
  dateOf,
  localHour,
  monthOf,
  offsetsIn,
  startOfDay,
  weekday,
  weekOf,
  zoneOf,
} from "../../src/model/calendar.ts";

const HOUR = 3_600_000;
const BUCKET_MS = HOUR / 4;
const at = (iso: string): number => Date.parse(iso);

/** A zone, its offset in January 2026 in hours, and the days of a year that do not have 24 hours. */
const zones: readonly (readonly [string, number, Readonly<Record<string, number>>])[] = [
  ["UTC", 0, {}],
  ["Asia/Kolkata", 5.5, {}],
  ["Asia/Kathmandu", 5.75, {}],
  ["Australia/Lord_Howe", 11, { "2026-04-05": 24.5, "2026-10-04": 23.5 }],
  ["America/New_York", -5, { "2026-03-08": 23, "2026-11-01": 25 }],
  ["Europe/Berlin", 1, { "2026-03-29": 23, "2026-10-25": 25 }],
  ["Pacific/Apia", 13, {}],
  ["America/Sao_Paulo", -3, {}],
  ["Asia/Beirut", 2, { "2026-03-29": 23, "2026-10-24": 25 }],
];
const names = zones.map(([zone]) => zone);

/** The expected results: what Intl prints. */
const formats = new Map<string, Intl.DateTimeFormat>();
function printed(zone: string, ms: number): { date: string; hour: number; weekday: number } {
  let format = formats.get(zone);
  if (!format) {
    const fields = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", weekday: "short" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return {
    date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
    hour: Number(parts["hour"]),
    weekday: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts["weekday"] ?? ""),
  };
}

describe("zones", () => {
  test.each([
    ["utc", "UTC"],
    ["europe/berlin", "Europe/Berlin"],
    ["America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
    ["Etc/GMT+5", "Etc/GMT+5"],
  ])("the name %j is understood as the zone %s", (name, zone) => expect(zoneOf(name)).toBe(zone));

  test.each([
    "",
    "Mars/Olympus",
    "+05:30",
    "2026-01-01T00:00Z[Europe/Berlin]",
    "Europe/Berlin\n",
    "../etc/passwd",
    "a".repeat(99),
  ])("the name %j is not understood as a zone", (name) => expect(zoneOf(name)).toBeNull());

  test("for any text, zoneOf returns a zone that Intl accepts, or null", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom(...names)), (name) => {
        const zone = zoneOf(name);
        if (zone !== null) expect(() => new Intl.DateTimeFormat("en", { timeZone: zone })).not.toThrow();
      }),
    );
  });
});

describe("offset intervals", () => {
  test.each(zones)("the intervals of %s tile a whole year", (zone, winter, unusual) => {
    const [from, to] = [startOfDay(zone, "2026-01-01"), startOfDay(zone, "2027-01-01")];
    const intervals = offsetsIn(zone, from, to);
    expect(intervals[0]?.from).toBe(from);
    expect(intervals.at(-1)?.to).toBe(to);
    intervals.slice(1).forEach((one, index) => {
      expect(one.from).toBe(intervals[index]?.to ?? NaN);
      expect(one.offsetMs).not.toBe(intervals[index]?.offsetMs ?? NaN);
    });
    expect(intervals[0]?.offsetMs).toBe(winter * HOUR);
    expect(intervals.length).toBe(1 + Object.keys(unusual).length);

    // Each 15 minutes lie in exactly one interval and in one day, that of their date.
    let days = 0;
    for (let date = "2026-01-01"; date < "2027-01-01"; date = addDays(date, 1)) {
      const [start, end] = [startOfDay(zone, date), startOfDay(zone, addDays(date, 1))];
      expect([date, (end - start) / HOUR]).toEqual([date, unusual[date] ?? 24]);
      for (let bucket = start; bucket < end; bucket += BUCKET_MS) {
        const { offsetMs } = intervals.find((one) => bucket >= one.from && bucket < one.to) ?? { offsetMs: NaN };
        const dates = [dateOf(zone, bucket), new Date(bucket + offsetMs).toISOString().slice(0, 10)];
        if (dates.some((one) => one !== date)) expect(dates).toEqual([date, date]);
      }
      days++;
    }
    expect(days).toBe(365);
  });

  test("the intervals of New York change at 07:00 and 06:00 UTC", () => {
    const [from, to] = [at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z")];
    const [spring, autumn] = [at("2026-03-08T07:00Z"), at("2026-11-01T06:00Z")];
    expect(offsetsIn("America/New_York", from, to)).toEqual([
      { from, to: spring, offsetMs: -5 * HOUR },
      { from: spring, to: autumn, offsetMs: -4 * HOUR },
      { from: autumn, to, offsetMs: -5 * HOUR },
    ]);
    expect(offsetsIn("America/New_York", spring, spring + 1)).toEqual([
      { from: spring, to: spring + 1, offsetMs: -4 * HOUR },
    ]);
    expect(offsetsIn("America/New_York", to, from)).toEqual([]);
  });
});

describe("local days", () => {
  test.each([
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z", "01:00, the clock skips midnight"],
    ["Asia/Beirut", "2026-03-29", "2026-03-28T22:00Z", "01:00, the clock skips midnight"],
    ["Asia/Beirut", "2026-10-25", "2026-10-24T22:00Z", "the hour before midnight came twice"],
    ["Asia/Kathmandu", "2026-11-20", "2026-11-19T18:15Z", "15 minutes past the hour"],
    ["Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z", "a date that Samoa skipped begins with the next"],
    ["Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z", "the next"],
    ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", "a day of 23 hours"],
  ])("in %s the day %s begins at %s: %s", (zone, date, iso) => {
    expect(startOfDay(zone, date)).toBe(at(iso));
  });

  test("dates, hours and weekdays equal those of Intl", () => {
    const instant = fc.integer({ min: at("2000-01-01T00:00Z"), max: at("2040-01-01T00:00Z") });
    fc.assert(
      fc.property(fc.constantFrom(...names), instant, (zone, ms) => {
        const date = dateOf(zone, ms);
        expect({ date, hour: localHour(zone, ms), weekday: weekday(date) }).toEqual(printed(zone, ms));
        const start = startOfDay(zone, date);
        expect(start).toBeLessThanOrEqual(ms);
        expect(printed(zone, start).date).toBe(date);
        expect(printed(zone, start - 1).date < date).toBe(true);
        expect(startOfDay(zone, addDays(date, 1))).toBeGreaterThan(ms);
      }),
      { numRuns: 500 },
    );
  });

  test("addDays crosses months, years and leap days", () => {
    expect(addDays("2024-02-28", 1)).toBe("2024-02-29");
    expect(addDays("2026-01-01", -1)).toBe("2025-12-31");
    expect(monthOf("2026-11-20")).toBe("2026-11");
    expect(weekday("2026-11-20")).toBe(5);
    expect(["2026-11-15", "2026-11-16"].map((date) => weekOf(date, 0))).toEqual(["2026-11-15", "2026-11-15"]);
    expect(["2026-11-15", "2026-11-16"].map((date) => weekOf(date, 1))).toEqual(["2026-11-09", "2026-11-16"]);
  });

  test("a week begins on its start day and contains the date", () => {
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 50_000 }), fc.integer({ min: 0, max: 6 }), (days, startDay) => {
        const date = addDays("2026-11-20", days);
        const first = weekOf(date, startDay);
        expect(weekday(first)).toBe(startDay);
        expect(first <= date && date < addDays(first, 7)).toBe(true);
      }),
    );
  });
});
