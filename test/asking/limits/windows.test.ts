import { describe, expect, test } from "bun:test";
import { areSeveralAccounts, limitsAt, windowsIn } from "../../../src/asking/limits/windows.ts";
import { outlookWords } from "../../../src/asking/limits/words.ts";
import type { UsageRecord } from "../../../src/model/record.ts";
import { iso } from "../../../src/utils/clock.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const base = { session_id: null, cwd: null, model: null, version: null };
/** A record of an answer so many minutes before NOW. */
function answer(minutesAgo: number, limits: Record<string, { percent: number; resetsAt: number }>): UsageRecord {
  const rates = Object.entries(limits).map(([key, { percent, resetsAt }]) => [
    key,
    { utilization: percent, resets_at: iso(resetsAt) },
  ]);
  return {
    ...base,
    id: `usage-${minutesAgo}`,
    timestamp: iso(NOW - minutesAgo * MINUTE),
    source: "control",
    usage_data: { rate_limits: Object.fromEntries(rates) as Record<string, unknown> },
    statusline: null,
  };
}
/** A record of what a session's stdin carried. */
const carried = (minutesAgo: number, percent: number, resetsAt: number): UsageRecord => ({
  ...answer(minutesAgo, {}),
  source: "statusline",
  statusline: {
    rate_limits: { five_hour: { used_percentage: percent, resets_at: resetsAt / 1_000 } },
    context_window: null,
    cost: null,
  },
});
const five = (percent: number, resetsAt = NOW + 2 * HOUR) => ({ five_hour: { percent, resetsAt } });
const week = (percent: number, resetsAt: number) => ({ seven_day: { percent, resetsAt } });

describe("windows in a log", () => {
  test("records of one reset are one window, also where the seconds differ", () => {
    const windows = windowsIn([
      answer(9, five(10)),
      answer(8, five(12, NOW + 2 * HOUR + 1_000)),
      answer(7, five(1, NOW + 5 * HOUR)),
    ]);
    expect(windows.map(({ points }) => points.map(({ percent }) => percent))).toEqual([[10, 12], [1]]);
  });

  test("an idle session's old number changes nothing; an answer that is lower begins anew", () => {
    const reset = NOW + 2 * HOUR;
    expect(windowsIn([answer(9, five(40)), carried(8, 12, reset), carried(7, 41, reset)])[0]?.points.length).toBe(2);
    expect(windowsIn([answer(9, five(40)), answer(8, five(20))])[0]?.points).toMatchObject([{ percent: 20 }]);
  });

  test("of each limit the open window that was seen last; one that is over says nothing of now", () => {
    const over = limitsAt(windowsIn([answer(600, five(80, NOW - HOUR))]), NOW);
    expect(over).toMatchObject([{ key: "five_hour", isOver: true, outlook: null, pace: null }]);
    const open = limitsAt(windowsIn([answer(600, five(80, NOW - HOUR)), answer(9, five(3))]), NOW);
    expect(open).toMatchObject([{ percent: 3, isOver: false, seenAt: NOW - 9 * MINUTE }]);
  });

  test("the order is five hours, week, models", () => {
    const record = answer(5, {
      ...five(1),
      ...week(2, NOW + 50 * HOUR),
      seven_day_sonnet: { percent: 3, resetsAt: NOW + 50 * HOUR },
    });
    expect(limitsAt(windowsIn([record]), NOW).map(({ name }) => name)).toEqual(["5 hours", "week", "week, Sonnet"]);
  });

  test("weeks seen by turns are of several accounts; a week that was reset early is not", () => {
    const [a, b] = [week(10, NOW + 50 * HOUR), week(20, NOW + 90 * HOUR)];
    expect(areSeveralAccounts(windowsIn([answer(9, a), answer(8, b), answer(7, a)]), NOW)).toBe(true);
    expect(areSeveralAccounts(windowsIn([answer(9, a), answer(8, a), answer(7, b), answer(6, b)]), NOW)).toBe(false);
  });
});

describe("an outlook in words", () => {
  const words = (outlook: Parameters<typeof outlookWords>[0]): string => outlookWords(outlook, "Europe/Berlin", NOW);
  const wall = {
    kind: "wall",
    isFull: false,
    at: NOW + 146 * HOUR,
    early: NOW + 143 * HOUR,
    late: NOW + 147 * HOUR,
    rates: 3,
  } as const;

  test("the wall, with its range, on the local clock", () => {
    expect(words({ ...wall, at: NOW + 26 * HOUR, early: NOW + 23 * HOUR, late: NOW + 27 * HOUR })).toBe(
      "full Sat 13:00 ± 3h00m",
    );
    expect(words(wall)).toBe("full 2026-11-26 13:00 ± 3h00m");
    expect(words({ ...wall, at: NOW + HOUR, early: NOW, late: null })).toBe(
      "full 12:00 (earliest 11:00, or only after the reset)",
    );
    expect(words({ ...wall, at: NOW })).toBe("full by now, if it went on as before");
    expect(words({ ...wall, at: NOW, isFull: true })).toBe("full");
    expect(words({ ...wall, at: NOW + HOUR, rates: 1 })).toBe("full about 12:00, by one rate only");
  });

  test("or where it will stand", () => {
    const stands = { kind: "stands", percent: 63.4, low: 58, high: 71, early: null, rates: 3 } as const;
    expect(words(stands)).toBe("63% ± 8 at the reset");
    expect(words({ ...stands, high: 100, early: NOW + HOUR })).toBe(
      "63% ± 37 at the reset, full 12:00 at the fastest rate",
    );
    expect(words({ ...stands, rates: 1 })).toBe("about 63% at the reset, by one rate only");
  });
});
