import { expect, test } from "bun:test";
import { addDays, startOfDay } from "../../../../src/model/calendar.ts";
import type { ReportQuery } from "../../../../src/reports/shared/report.ts";
import { comparedRanges } from "../../../../src/reports/shared/usage/before.ts";

const zone = "Europe/Berlin";

/** The range before local days, as dates and the local time at which it ends. */
function before(since: string, until: string, now: string): string {
  const filter = { from: startOfDay(zone, since), to: startOfDay(zone, addDays(until, 1)) };
  const query = { filter, since, until, zone, now: Date.parse(now) } as ReportQuery;
  const { before: found } = comparedRanges(query);
  const end = new Date(found.to).toLocaleString("sv", { timeZone: zone });
  return `${found.since} to ${found.until}, ${end}`;
}

test("before whole months are as many months, however many days they have", () => {
  const later = "2027-06-01T00:00Z";
  expect(before("2026-11-01", "2026-11-30", later)).toBe("2026-10-01 to 2026-10-31, 2026-11-01 00:00:00");
  expect(before("2026-03-01", "2026-03-31", later)).toBe("2026-02-01 to 2026-02-28, 2026-03-01 00:00:00");
  expect(before("2024-01-01", "2024-12-31", later)).toBe("2023-01-01 to 2023-12-31, 2024-01-01 00:00:00");
  expect(before("2026-02-01", "2026-03-31", later)).toBe("2025-12-01 to 2026-01-31, 2026-02-01 00:00:00");
});

test("before a month that goes on is the month before, up to the same day and time", () => {
  expect(before("2026-11-01", "2026-11-30", "2026-11-29T12:34Z")).toBe("2026-10-01 to 2026-10-29, 2026-10-29 13:30:00");
  // February has no 30th.
  expect(before("2026-03-01", "2026-03-31", "2026-03-30T12:00Z")).toBe("2026-02-01 to 2026-02-28, 2026-02-28 14:00:00");
  expect(before("2026-01-01", "2026-12-31", "2026-05-10T08:00Z")).toBe("2025-01-01 to 2025-05-10, 2025-05-10 10:00:00");
});

test("before days that are not whole months are as many days", () => {
  const later = "2027-06-01T00:00Z";
  expect(before("2026-11-01", "2026-11-29", later)).toBe("2026-10-03 to 2026-10-31, 2026-11-01 00:00:00");
  expect(before("2026-11-23", "2026-11-29", later)).toBe("2026-11-16 to 2026-11-22, 2026-11-23 00:00:00");
});
