import { describe, expect, test } from "bun:test";
import { periodRange, rangeText, slotsOf, stepped } from "../../../../src/dashboard/pages/usage/period.ts";

describe("periods of the page Usage", () => {
  test("a period contains its date, and weeks begin on Monday", () => {
    expect(periodRange("day", "2026-11-29")).toEqual({ since: "2026-11-29", until: "2026-11-29" });
    expect(periodRange("week", "2026-11-29")).toEqual({ since: "2026-11-23", until: "2026-11-29" });
    expect(periodRange("month", "2028-02-10")).toEqual({ since: "2028-02-01", until: "2028-02-29" });
    expect(periodRange("year", "2026-11-29")).toEqual({ since: "2026-01-01", until: "2026-12-31" });
  });

  test("stepping back and forward goes to whole periods", () => {
    const from = (period: Parameters<typeof periodRange>[0], date: string, by: number) =>
      Object.values(stepped(period, periodRange(period, date), by)).join(" ");
    expect(from("day", "2026-03-01", -1)).toBe("2026-02-28 2026-02-28");
    expect(from("week", "2026-01-01", -1)).toBe("2025-12-22 2025-12-28");
    expect(from("month", "2026-03-31", -1)).toBe("2026-02-01 2026-02-28");
    expect(from("month", "2026-12-31", 1)).toBe("2027-01-01 2027-01-31");
    expect(from("year", "2027-05-05", 1)).toBe("2028-01-01 2028-12-31");
  });

  test("a range is written with its year only where that is another one", () => {
    const text = (period: Parameters<typeof periodRange>[0], date: string) =>
      rangeText(period, periodRange(period, date), "2026-11-29");
    expect(text("day", "2026-11-29")).toBe("Sun 29 Nov");
    expect(text("day", "2025-11-29")).toBe("Sat 29 Nov 2025");
    expect(text("week", "2026-11-29")).toBe("23 to 29 Nov");
    expect(text("week", "2026-10-01")).toBe("28 Sept to 4 Oct");
    expect(text("week", "2026-01-01")).toBe("29 Dec 2025 to 4 Jan 2026");
    expect(text("month", "2026-11-29")).toBe("November 2026");
    expect(text("year", "2026-11-29")).toBe("2026");
  });
});

describe("bars of a period", () => {
  const keys = (date: string, zone: string) => slotsOf("day", { since: date, until: date }, zone).map(({ key }) => key);
  const labels = (date: string, zone: string) =>
    slotsOf("day", { since: date, until: date }, zone).map(({ label }) => label);

  test("days and months have the names that reports give them", () => {
    expect(slotsOf("week", periodRange("week", "2026-11-29"), "UTC").map(({ key }) => key)).toEqual([
      "2026-11-23",
      "2026-11-24",
      "2026-11-25",
      "2026-11-26",
      "2026-11-27",
      "2026-11-28",
      "2026-11-29",
    ]);
    const year = slotsOf("year", periodRange("year", "2026-11-29"), "UTC");
    expect([year.length, year[0]?.key, year.at(-1)?.key]).toEqual([12, "2026-01", "2026-12"]);
  });

  test("hours of a zone with half hours begin at half past in UTC", () => {
    const found = keys("2026-11-29", "Asia/Kolkata");
    expect([found.length, found[0], found.at(-1)]).toEqual([
      24,
      "2026-11-28T18:30:00.000Z",
      "2026-11-29T17:30:00.000Z",
    ]);
  });

  test("a day on which clocks change has 23 or 25 hours", () => {
    const spring = labels("2026-03-29", "Europe/Berlin");
    expect([spring.length, spring[1], spring[2]]).toEqual([23, "01:00", "03:00"]);
    const autumn = labels("2026-10-25", "Europe/Berlin");
    expect([autumn.length, autumn[2], autumn[3]]).toEqual([25, "02:00", "02:00"]);
    expect(keys("2026-10-25", "Europe/Berlin").slice(2, 4)).toEqual([
      "2026-10-25T00:00:00.000Z",
      "2026-10-25T01:00:00.000Z",
    ]);
  });

  test("a bar opens its day or month, and an hour opens nothing", () => {
    const [first] = slotsOf("month", periodRange("month", "2026-11-29"), "UTC");
    expect(first).toEqual({
      key: "2026-11-01",
      label: "1",
      title: "Sun 1 Nov 2026",
      opens: { period: "day", date: "2026-11-01" },
    });
    expect(slotsOf("day", periodRange("day", "2026-11-29"), "UTC")[0]?.opens).toBeNull();
  });
});
