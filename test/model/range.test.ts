import { describe, expect, test } from "bun:test";
import { FOREVER, monthOf, weekOf } from "../../src/model/calendar.ts";
import { isPeriod, periodOptions, type Range, rangeOf } from "../../src/model/range.ts";

const at = (iso: string): number => Date.parse(iso);

describe("report ranges", () => {
  const now = at("2026-11-20T20:30:00Z"); // 02:15 on the 21st in Kathmandu
  const ask = (asked: { since?: string; until?: string; last?: string }, zone = "UTC"): unknown =>
    rangeOf({ ...asked, zone, now });

  test("without options the range has no bounds", () => {
    expect(ask({})).toEqual({ from: 0, to: FOREVER, sinceDate: null, untilDate: null });
  });

  test("both dates of a range are inclusive, with or without dashes", () => {
    const november = {
      from: at("2026-11-01T00:00Z"),
      to: at("2026-12-01T00:00Z"),
      sinceDate: "2026-11-01",
      untilDate: "2026-11-30",
    };
    expect(ask({ since: "2026-11-01", until: "20261130" })).toEqual(november);
    expect(ask({ since: "20261101", until: "9999-12-31" })).toEqual({
      ...november,
      to: FOREVER,
      untilDate: "9999-12-31",
    });
    expect(ask({ until: "2026-11-01" }, "America/New_York")).toMatchObject({ from: 0, to: at("2026-11-02T05:00Z") });
  });

  test.each([
    ["1d", "UTC", "2026-11-20T00:00Z", "2026-11-21T00:00Z", "2026-11-20", "2026-11-20"],
    ["7d", "Asia/Kathmandu", "2026-11-14T18:15Z", "2026-11-21T18:15Z", "2026-11-15", "2026-11-21"],
    ["4w", "UTC", "2026-10-24T00:00Z", "2026-11-21T00:00Z", "2026-10-24", "2026-11-20"],
    ["1m", "UTC", "2026-10-21T00:00Z", "2026-11-21T00:00Z", "2026-10-21", "2026-11-20"],
    ["12m", "UTC", "2025-11-21T00:00Z", "2026-11-21T00:00Z", "2025-11-21", "2026-11-20"],
    ["3w", "America/New_York", "2026-10-31T04:00Z", "2026-11-21T05:00Z", "2026-10-31", "2026-11-20"],
    ["24h", "Asia/Kathmandu", "2026-11-19T20:30Z", "2026-11-20T20:30Z", "2026-11-20", "2026-11-21"],
  ])("--last %s in %s gives the right range", (last, zone, from, to, sinceDate, untilDate) => {
    expect(ask({ last }, zone)).toEqual({ from: at(from), to: at(to), sinceDate, untilDate });
  });

  test("one month before the 31st is limited to the last day of a shorter month", () => {
    const day = { last: "1m", zone: "UTC", now: at("2026-03-31T12:00Z") };
    expect(rangeOf(day)).toMatchObject({ sinceDate: "2026-03-01", untilDate: "2026-03-31" });
  });

  test.each([
    [{ since: "2026-02-30" }, "--since is not a date: 2026-02-30"],
    [{ until: "2026-1101" }, "--until is not a date: 2026-1101"],
    [{ since: "Yesterday" }, "--since is not a date: Yesterday"],
    [{ since: "2" }, "--since is not a date: 2"],
    [{ until: "2d" }, "--until is not a date: 2d"],
    [{ since: "today", until: "yesterday" }, "--since 2026-11-20 is after --until 2026-11-19"],
    [{ last: "today" }, "--last is not a length of time: today"],
    [{ last: "20261101" }, "--last is not a length of time: 20261101"],
    [{ since: "1969-12-31" }, "--since is not a date: 1969-12-31"],
    [{ since: "20261102", until: "20261101" }, "--since 2026-11-02 is after --until 2026-11-01"],
    [{ last: "7d", since: "20261101" }, "--last cannot be combined with --since or --until"],
    [{ last: "7" }, "--last is not a length of time: 7"],
    [{ last: "0d" }, "--last is not a length of time: 0d"],
    [{ last: "7D " }, "--last is not a length of time: 7D "],
  ])("the options %j are refused with a problem", (asked, problem) => {
    expect(ask(asked)).toEqual({ problem, hint: expect.any(String) });
  });

  test("--since takes names of days, and lengths that begin where those of --last do", () => {
    expect(ask({ since: "today" }, "Asia/Kathmandu")).toEqual({
      from: at("2026-11-20T18:15Z"),
      to: FOREVER,
      sinceDate: "2026-11-21",
      untilDate: null,
    });
    expect(ask({ since: "yesterday", until: "yesterday" })).toEqual(ask({ since: "20261119", until: "20261119" }));
    for (const last of ["2d", "4w", "3m", "24h"]) {
      const { from, sinceDate } = ask({ last }) as Range;
      expect(ask({ since: last })).toEqual({ from, to: FOREVER, sinceDate, untilDate: null });
    }
  });

  test.each([
    ["today", "2026-11-20", "2026-11-20"],
    ["yesterday", "2026-11-19", "2026-11-19"],
    ["2d", "2026-11-19", "2026-11-20"],
    ["20261103", "2026-11-03", "2026-11-03"],
  ])("the period %s is a range of whole days", (period, sinceDate, untilDate) => {
    expect(isPeriod(period)).toBe(true);
    expect(rangeOf({ ...periodOptions(period), zone: "UTC", now })).toMatchObject({ sinceDate, untilDate });
  });

  test("a number of usual days is the range where no first day is given, up to the last day that is", () => {
    const usual = (asked: Pick<Parameters<typeof rangeOf>[0], "since" | "until" | "last">) =>
      rangeOf({ ...asked, days: 7, zone: "UTC", now });
    expect(usual({})).toEqual({ from: at("2026-11-14T00:00Z"), to: FOREVER, sinceDate: "2026-11-14", untilDate: null });
    expect(usual({ until: "20261103" })).toMatchObject({ sinceDate: "2026-10-28", untilDate: "2026-11-03" });
    for (const given of [{ since: "20261101" }, { last: "3m" }]) expect(usual(given)).toEqual(ask(given) as Range);
  });

  test("other words are not periods", () => {
    for (const word of ["daily", "7", "2026", "2026-13-01", "", "--json"]) expect(isPeriod(word)).toBe(false);
  });

  test.each([
    ["days", (date: string) => date, "2", "2026-11-19"],
    ["weeks from Sunday", (date: string) => weekOf(date, 0), "1", "2026-11-15"],
    ["weeks from Monday", (date: string) => weekOf(date, 1), "3", "2026-11-02"],
    ["months", monthOf, "12", "2025-12-01"],
    ["months before any clock", monthOf, "9999", "1193-09-01"],
  ])("--last takes a number of %s in a report by them", (_, periodOf, last, sinceDate) => {
    const range = rangeOf({ last, periodOf, zone: "UTC", now });
    expect(range).toMatchObject({ sinceDate, untilDate: "2026-11-20", to: at("2026-11-21T00:00Z") });
  });
});
