import { describe, expect, test } from "bun:test";
import { windowsOf } from "../../../src/asking/limits/known-windows.ts";
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
/** A record of what a session's stdin carried; `seenAgo` is how many minutes ago it heard it, where the record says so. */
const carried = (minutesAgo: number, percent: number, resetsAt: number, seenAgo?: number | null): UsageRecord => ({
  ...answer(minutesAgo, {}),
  source: "statusline",
  statusline: {
    rate_limits: { five_hour: { used_percentage: percent, resets_at: resetsAt / 1_000 } },
    context_window: null,
    cost: null,
    ...(seenAgo !== undefined && { seen_at: seenAgo === null ? null : iso(NOW - seenAgo * MINUTE) }),
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

  test("what a session carried is as old as the session heard it, wherever its record stands", () => {
    const reset = NOW + 2 * HOUR;
    const log = [answer(90, five(30)), answer(30, five(2)), carried(20, 60, reset, 60), carried(10, 60, reset, 60)];
    expect(limitsAt(windowsIn(log), NOW)).toMatchObject([{ percent: 2, seenAt: NOW - 30 * MINUTE }]);
    expect(windowsIn(log).map(({ points }) => points.map(({ percent }) => percent))).toEqual([[2], [30, 60]]);
    const heard = [...log, carried(5, 3, reset, 6)];
    expect(limitsAt(windowsIn(heard), NOW)).toMatchObject([{ percent: 3, seenAt: NOW - 6 * MINUTE }]);
  });

  test("what nobody dated counts only where nothing else is known, and from when it was first seen", () => {
    const reset = NOW + 2 * HOUR;
    const idle = [carried(30, 60, reset, null), carried(20, 60, reset, null), carried(10, 60, reset)];
    expect(limitsAt(windowsIn(idle), NOW)).toMatchObject([{ percent: 60, seenAt: NOW - 30 * MINUTE }]);
    expect(limitsAt(windowsIn([answer(40, five(2)), ...idle]), NOW)).toMatchObject([
      { percent: 2, seenAt: NOW - 40 * MINUTE },
    ]);
  });

  test("a reset that was moved, to and fro, is where the newest sighting has it", () => {
    const log = [
      answer(50, week(60, NOW + 50 * HOUR)),
      answer(40, week(2, NOW + 69 * HOUR)),
      answer(30, week(3, NOW + 45 * HOUR)),
    ];
    expect(limitsAt(windowsIn(log), NOW)).toMatchObject([{ percent: 3, resetsAt: NOW + 45 * HOUR, pace: null }]);
    expect(areSeveralAccounts(windowsIn(log), NOW)).toBe(false);
  });

  test("a fall keeps what was seen before it, and begins the forecast anew", () => {
    const log = [60, 50, 40, 30, 20, 10, 0].map((ago) => answer(ago, five(ago > 30 ? 90 - ago : 60 - ago)));
    const windows = windowsIn(log);
    expect(windows.map(({ points }) => points.map(({ percent }) => percent))).toEqual([
      [30, 40, 50, 60],
      [30, 40, 50],
    ]);
    // 10 % in 10 minutes since the fall: the wall is in 40 minutes by every rate, and not by those from 0 % at the opening.
    expect(limitsAt(windows, NOW)[0]?.outlook).toMatchObject({ kind: "wall", at: NOW + 40 * MINUTE, rates: 1 });
  });

  test("sightings later than now are those of a clock that was set back", () => {
    expect(limitsAt(windowsIn([answer(9, five(3)), answer(-60, five(70))], NOW), NOW)).toMatchObject([{ percent: 3 }]);
  });

  test("a window that was told again after its own reset does not go before the one that is open", () => {
    const log = [answer(40, five(3)), answer(30, five(80, NOW - HOUR))];
    expect(limitsAt(windowsIn(log), NOW)).toMatchObject([{ percent: 3, isOver: false }]);
  });

  test("two weeks of limits without a reset are told at once", () => {
    const log = Array.from({ length: 20_160 }, (_, ago) => ({
      ...answer(ago, {}),
      usage_data: { rate_limits: { spend_limit: { utilization: 40 }, five_hour: { utilization: 0, resets_at: null } } },
    })).toReversed();
    const began = performance.now();
    expect(limitsAt(windowsIn(log), NOW).map(({ percent }) => percent)).toEqual([0, 40]);
    // 5 s where each is compared with all before it.
    expect(performance.now() - began).toBeLessThan(1_500);
  }, 20_000);

  test("the five-hour windows of a log do not double where one fell", () => {
    const log = [answer(60, five(50)), answer(50, five(1))];
    expect(windowsOf(log)).toEqual([{ from: NOW - 3 * HOUR, to: NOW + 2 * HOUR }]);
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
