import { main, trap } from "./design.ts";
import { line, type Response } from "./world.ts";

/** Responses at given times in one session; `timestamp` is the text in the line. */
function at(
  name: string,
  meaning: string,
  why: string,
  times: readonly { at: string; timestamp?: unknown }[],
  isDayUnknown: boolean = false,
) {
  return trap(name, meaning, why, (w) => {
    const all: Response[] = times.map(({ at }) => w.response({ at }));
    const lines = all.map((r, i) =>
      line(r, times[i] && "timestamp" in times[i] ? { timestamp: times[i].timestamp } : {}),
    );
    return {
      responses: all,
      files: { [main(w.session)]: lines },
      ...(isDayUnknown && { unspecified: ["byDay"] as const }),
    };
  });
}

/** Times of responses. Days are UTC. */
export const times = [
  at(
    "last-and-first-moment-of-a-day",
    "Two responses are a millisecond apart, one on each side of midnight.",
    "ccusage#1195: days shift with the zone",
    [{ at: "2026-11-03T23:59:59.999Z" }, { at: "2026-11-04T00:00:00.000Z" }],
  ),
  at(
    "session-over-midnight",
    "A session begins on the last day of a month and ends on the first of the next.",
    "readers that put a session on one day, or a file by its time of change",
    [{ at: "2026-10-31T23:10:00.000Z" }, { at: "2026-10-31T23:50:00.000Z" }, { at: "2026-11-01T00:20:00.000Z" }],
  ),
  at(
    "time-with-an-offset",
    "A line's time is written with an offset of half an hour: 02:00 at +05:30 is the evening before in UTC.",
    "readers that take the first ten letters as the day",
    [
      { at: "2026-11-02T20:30:00.000Z", timestamp: "2026-11-03T02:00:00.000+05:30" },
      { at: "2026-11-03T01:15:00.000Z", timestamp: "2026-11-02T21:15:00-04:00" },
    ],
  ),
  at(
    "time-of-other-precision",
    "Times are written without fractions and with nine digits.",
    "RFC 3339 allows both; parsers of a fixed form drop the line",
    [
      { at: "2026-11-03T10:00:00.000Z", timestamp: "2026-11-03T10:00:00Z" },
      { at: "2026-11-03T10:00:01.123Z", timestamp: "2026-11-03T10:00:01.123456789Z" },
    ],
  ),
  at(
    "no-time",
    "A line has no time, another null; the responses were paid for, the day is open.",
    "ccusage#1722: lines without a valid time are dropped in silence",
    [
      { at: "2026-11-03T10:00:00.000Z" },
      { at: "2026-11-03T10:01:00.000Z", timestamp: undefined },
      { at: "2026-11-03T10:02:00.000Z", timestamp: null },
    ],
    true,
  ),
  at(
    "time-that-is-none",
    "A line's time is a word, another's a day that does not exist; the responses were paid for, the day is open.",
    "ccusage#1722: lines without a valid time are dropped in silence",
    [
      { at: "2026-11-03T10:00:00.000Z" },
      { at: "2026-11-03T10:01:00.000Z", timestamp: "yesterday" },
      { at: "2026-11-03T10:02:00.000Z", timestamp: "2026-13-45T10:02:00.000Z" },
    ],
    true,
  ),
  at(
    "time-in-the-future",
    "The clock of a machine was wrong: a response stands in 2031.",
    "readers with a window that ends today",
    [{ at: "2026-11-03T10:00:00.000Z" }, { at: "2031-01-01T10:00:00.000Z" }],
  ),
  at(
    "lines-out-of-order",
    "Parallel work wrote lines of a later time before those of an earlier day.",
    "readers that stop at the first line outside their window",
    [{ at: "2026-11-05T10:00:00.000Z" }, { at: "2026-11-03T10:00:00.000Z" }, { at: "2026-11-04T10:00:00.000Z" }],
  ),
  at(
    "file-of-three-years",
    "A session is resumed after a year and after another, and began on a leap day.",
    "readers whose period is at most 30 days or 6 months",
    [{ at: "2024-02-29T12:00:00.000Z" }, { at: "2025-03-01T12:00:00.000Z" }, { at: "2026-11-03T12:00:00.000Z" }],
  ),
];
