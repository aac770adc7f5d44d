import { describe, expect, test } from "bun:test";
import { windowsOf } from "../../../../src/reports/shared/limits/known-windows.ts";
import { areSeveralAccounts, limitsAt, windowsIn } from "../../../../src/reports/shared/limits/windows.ts";
import { forecastText } from "../../../../src/reports/shared/limits/text.ts";
import type { UsageRecord } from "../../../../src/model/record.ts";
import { iso } from "../../../../src/utils/clock.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const base = { session_id: null, cwd: null, model: null, version: null };
/** A usage record from a response of the program, some minutes before NOW. */
function controlRecord(minutesAgo: number, limits: Record<string, { percent: number; resetsAt: number }>): UsageRecord {
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
/** A usage record from a session's stdin; `seenAgo` is the age of the reading in minutes, where the record has it. */
const statuslineRecord = (
  minutesAgo: number,
  percent: number,
  resetsAt: number,
  seenAgo?: number | null,
): UsageRecord => ({
  ...controlRecord(minutesAgo, {}),
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
  test("records of one reset are one window even if the seconds differ", () => {
    const windows = windowsIn([
      controlRecord(9, five(10)),
      controlRecord(8, five(12, NOW + 2 * HOUR + 1_000)),
      controlRecord(7, five(1, NOW + 5 * HOUR)),
    ]);
    expect(windows.map(({ points }) => points.map(({ percent }) => percent))).toEqual([[10, 12], [1]]);
  });

  test("an old number of an idle session is ignored, and a lower control reading restarts the window", () => {
    const reset = NOW + 2 * HOUR;
    expect(
      windowsIn([controlRecord(9, five(40)), statuslineRecord(8, 12, reset), statuslineRecord(7, 41, reset)])[0]?.points
        .length,
    ).toBe(2);
    expect(windowsIn([controlRecord(9, five(40)), controlRecord(8, five(20))])[0]?.points).toMatchObject([
      { percent: 20 },
    ]);
  });

  test("a statusline reading has the age at which the session received it, not that of its record", () => {
    const reset = NOW + 2 * HOUR;
    const log = [
      controlRecord(90, five(30)),
      controlRecord(30, five(2)),
      statuslineRecord(20, 60, reset, 60),
      statuslineRecord(10, 60, reset, 60),
    ];
    expect(limitsAt(windowsIn(log), NOW)).toMatchObject([{ percent: 2, observedAt: NOW - 30 * MINUTE }]);
    expect(windowsIn(log).map(({ points }) => points.map(({ percent }) => percent))).toEqual([[2], [30, 60]]);
    const withNewer = [...log, statuslineRecord(5, 3, reset, 6)];
    expect(limitsAt(windowsIn(withNewer), NOW)).toMatchObject([{ percent: 3, observedAt: NOW - 6 * MINUTE }]);
  });

  test("an undated reading counts only where there is no other, with the time at which it was first seen", () => {
    const reset = NOW + 2 * HOUR;
    const idle = [
      statuslineRecord(30, 60, reset, null),
      statuslineRecord(20, 60, reset, null),
      statuslineRecord(10, 60, reset),
    ];
    expect(limitsAt(windowsIn(idle), NOW)).toMatchObject([{ percent: 60, observedAt: NOW - 30 * MINUTE }]);
    expect(limitsAt(windowsIn([controlRecord(40, five(2)), ...idle]), NOW)).toMatchObject([
      { percent: 2, observedAt: NOW - 40 * MINUTE },
    ]);
  });

  test("a reset that moved is taken from the newest reading", () => {
    const log = [
      controlRecord(50, week(60, NOW + 50 * HOUR)),
      controlRecord(40, week(2, NOW + 69 * HOUR)),
      controlRecord(30, week(3, NOW + 45 * HOUR)),
    ];
    expect(limitsAt(windowsIn(log), NOW)).toMatchObject([{ percent: 3, resetsAt: NOW + 45 * HOUR, pace: null }]);
    expect(areSeveralAccounts(windowsIn(log), NOW)).toBe(false);
  });

  test("a fall keeps the readings before it, and restarts the forecast", () => {
    const log = [60, 50, 40, 30, 20, 10, 0].map((ago) => controlRecord(ago, five(ago > 30 ? 90 - ago : 60 - ago)));
    const windows = windowsIn(log);
    expect(windows.map(({ points }) => points.map(({ percent }) => percent))).toEqual([
      [30, 40, 50, 60],
      [30, 40, 50],
    ]);
    // 10 % in 10 minutes since the fall: full in 40 minutes at every rate; rates from 0 % at the opening do not count.
    expect(limitsAt(windows, NOW)[0]?.forecast).toMatchObject({ kind: "wall", at: NOW + 40 * MINUTE, rates: 1 });
  });

  test("readings later than now, from before the clock was set back, are ignored", () => {
    expect(limitsAt(windowsIn([controlRecord(9, five(3)), controlRecord(-60, five(70))], NOW), NOW)).toMatchObject([
      { percent: 3 },
    ]);
  });

  test("a window that was reported again after its own reset does not come before the open one", () => {
    const log = [controlRecord(40, five(3)), controlRecord(30, five(80, NOW - HOUR))];
    expect(limitsAt(windowsIn(log), NOW)).toMatchObject([{ percent: 3, isOver: false }]);
  });

  test("two weeks of limits without a reset are processed at once", () => {
    const log = Array.from({ length: 20_160 }, (_, ago) => ({
      ...controlRecord(ago, {}),
      usage_data: { rate_limits: { spend_limit: { utilization: 40 }, five_hour: { utilization: 0, resets_at: null } } },
    })).toReversed();
    const began = performance.now();
    expect(limitsAt(windowsIn(log), NOW).map(({ percent }) => percent)).toEqual([0, 40]);
    // It takes 5 s if each is compared with all before it.
    expect(performance.now() - began).toBeLessThan(1_500);
  }, 20_000);

  test("a fall does not duplicate a five-hour window", () => {
    const log = [controlRecord(60, five(50)), controlRecord(50, five(1))];
    expect(windowsOf(log)).toEqual([{ from: NOW - 3 * HOUR, to: NOW + 2 * HOUR }]);
  });

  test("each limit shows the open window seen last, and an expired window has no forecast", () => {
    const over = limitsAt(windowsIn([controlRecord(600, five(80, NOW - HOUR))]), NOW);
    expect(over).toMatchObject([{ key: "five_hour", isOver: true, forecast: null, pace: null }]);
    const open = limitsAt(windowsIn([controlRecord(600, five(80, NOW - HOUR)), controlRecord(9, five(3))]), NOW);
    expect(open).toMatchObject([{ percent: 3, isOver: false, observedAt: NOW - 9 * MINUTE }]);
  });

  test("limits are ordered five hours, week, models", () => {
    const record = controlRecord(5, {
      ...five(1),
      ...week(2, NOW + 50 * HOUR),
      seven_day_sonnet: { percent: 3, resetsAt: NOW + 50 * HOUR },
    });
    expect(limitsAt(windowsIn([record]), NOW).map(({ name }) => name)).toEqual(["5 hours", "week", "week, Sonnet"]);
  });

  test("alternating weekly windows mean several accounts, an early reset does not", () => {
    const [a, b] = [week(10, NOW + 50 * HOUR), week(20, NOW + 90 * HOUR)];
    expect(areSeveralAccounts(windowsIn([controlRecord(9, a), controlRecord(8, b), controlRecord(7, a)]), NOW)).toBe(
      true,
    );
    expect(
      areSeveralAccounts(
        windowsIn([controlRecord(9, a), controlRecord(8, a), controlRecord(7, b), controlRecord(6, b)]),
        NOW,
      ),
    ).toBe(false);
  });
});

describe("the text of a forecast", () => {
  const textOf = (forecast: Parameters<typeof forecastText>[0]): string => forecastText(forecast, "Europe/Berlin", NOW);
  const wall = {
    kind: "wall",
    isFull: false,
    at: NOW + 146 * HOUR,
    early: NOW + 143 * HOUR,
    late: NOW + 147 * HOUR,
    rates: 3,
  } as const;

  test("a limit that gets full has the time and its range, in local time", () => {
    expect(textOf({ ...wall, at: NOW + 26 * HOUR, early: NOW + 23 * HOUR, late: NOW + 27 * HOUR })).toBe(
      "full Sat 13:00 ± 3h00m",
    );
    expect(textOf(wall)).toBe("full 2026-11-26 13:00 ± 3h00m");
    expect(textOf({ ...wall, at: NOW + HOUR, early: NOW, late: null })).toBe(
      "full 12:00 (earliest 11:00, or only after the reset)",
    );
    expect(textOf({ ...wall, at: NOW })).toBe("full by now, if it went on as before");
    expect(textOf({ ...wall, at: NOW, isFull: true })).toBe("full");
    expect(textOf({ ...wall, at: NOW + HOUR, rates: 1 })).toBe("full about 12:00, by one rate only");
  });

  test("a limit that does not get full has the percentage at the reset", () => {
    const stands = { kind: "stands", percent: 63.4, low: 58, high: 71, early: null, rates: 3 } as const;
    expect(textOf(stands)).toBe("63% ± 8 at the reset");
    expect(textOf({ ...stands, high: 100, early: NOW + HOUR })).toBe(
      "63% ± 37 at the reset, full 12:00 at the fastest rate",
    );
    expect(textOf({ ...stands, rates: 1 })).toBe("about 63% at the reset, by one rate only");
  });
});
