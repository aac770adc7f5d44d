import { expect, test } from "bun:test";
import { dayAndTime, pastDate } from "../../src/dashboard/text.ts";

test("a date of the address is taken if there was such a day until today", () => {
  const today = "2026-11-26";
  expect(pastDate("2026-11-26", today)).toBe("2026-11-26");
  expect(pastDate("2024-02-29", today)).toBe("2024-02-29");
  const none = ["2026-02-31", "2026-13-01", "2026-11-27", "9999-12-31", "0001-01-01", "2026-11", "rubbish", "", null];
  expect(none.filter((text) => pastDate(text, today) !== null)).toEqual([]);
});

test("a time of another year is written with its year, by the calendar of the zone", () => {
  const now = Date.parse("2026-11-26T12:00Z");
  expect(dayAndTime("UTC", Date.parse("2026-11-26T09:12Z"), now)).toBe("Thu 26 Nov 09:12");
  expect(dayAndTime("UTC", Date.parse("2025-11-26T09:12Z"), now)).toBe("Wed 26 Nov 2025 09:12");
  const newYear = Date.parse("2025-12-31T19:00Z");
  expect(dayAndTime("Asia/Kolkata", newYear, now)).toBe("Thu 1 Jan 00:30");
  expect(dayAndTime("UTC", newYear, now)).toBe("Wed 31 Dec 2025 19:00");
});
