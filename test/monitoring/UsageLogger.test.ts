import { describe, expect, test } from "bun:test";
import { readSettings } from "../../src/utils/config.ts";
import fc from "fast-check";
import { sessionOf } from "../../src/model/session.ts";
import { emptyState, type LoggerState, PAUSE_MS } from "../../src/model/state.ts";
import { backOff, dueOf, mayAsk, sessionKey } from "../../src/monitoring/Schedule.ts";
import { type TickResult, UsageLogger } from "../../src/monitoring/UsageLogger.ts";
import type { Clock } from "../../src/utils/clock.ts";

const NOW = Date.parse("2026-11-20T10:00:30.000Z");
const intervals = { usageInterval: 60_000, statusInterval: 3_600_000 };
const session = sessionOf({ session_id: "abc-1" });

/** Returns a state in which nothing is due for the session at a time. */
function current(now: number, change: Partial<LoggerState> = {}): LoggerState {
  const usage = { at: now };
  const status = { at: now };
  return { ...emptyState, usage, status, sessions: { "abc-1": new Date(now).toISOString() }, ...change };
}

describe("what is due", () => {
  test("is everything without a state, nothing in the same interval, and usage in the next", () => {
    expect(dueOf(null, NOW, session, intervals)).toEqual({ usage: true, status: "first_seen" });
    expect(dueOf(current(NOW), NOW + 29_999, session, intervals)).toBeNull();
    expect(dueOf(current(NOW), NOW + 30_000, session, intervals)).toEqual({ usage: true, status: "no" });
    expect(dueOf(current(NOW), NOW + 3_600_000, session, intervals)).toEqual({ usage: true, status: "interval" });
  });

  test("includes the status of a new session", () => {
    expect(dueOf(current(NOW), NOW, sessionOf({ session_id: "new" }), intervals)).toEqual({
      usage: false,
      status: "first_seen",
    });
    expect(dueOf(current(NOW), NOW, null, intervals)).toBeNull();
    expect(dueOf(current(NOW), NOW, sessionOf({}), intervals)).toBeNull();
  });

  test("is usage within one interval, by whatever amount the clock jumps", () => {
    // A step back of up to a second is a normal correction, and delays the log by at most that second.
    const jumps = fc.oneof(
      fc.integer({ min: -400 * 86_400_000, max: 400 * 86_400_000 }),
      fc.integer({ min: -200_000, max: 0 }),
    );
    fc.assert(
      fc.property(jumps, (jump) => {
        const now = NOW + jump;
        const soon = [now, now + intervals.usageInterval].some(
          (at) => dueOf(current(NOW), at, session, intervals)?.usage,
        );
        expect(soon).toBe(true);
      }),
    );
  });

  test("is usage at once or within one new interval after the interval was changed", () => {
    for (const usageInterval of [1_000, 30_000, 300_000, 86_400_000]) {
      const changed = { ...intervals, usageInterval };
      expect([NOW, NOW + usageInterval].some((at) => dueOf(current(NOW), at, session, changed)?.usage)).toBe(true);
    }
  });
});

describe("back-off", () => {
  test("is 1 minute, doubles up to 30 minutes, and ends when the clock is set back", () => {
    let state: LoggerState = emptyState;
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      state = { ...emptyState, backOff: backOff(state, NOW, "429") };
      waits.push(((state.backOff?.nextAt ?? 0) - NOW) / 60_000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(mayAsk(state, NOW + 29 * 60_000)).toBe(false);
    expect(mayAsk(state, NOW + 30 * 60_000)).toBe(true);
    expect(mayAsk(state, NOW - 3_600_000)).toBe(true);
    expect(mayAsk(null, NOW)).toBe(true);
  });
});

test("the key of a session id never contains characters of a path", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (id) => {
      expect(sessionKey(id)).toMatch(/^[A-Za-z0-9-]{1,64}$/);
    }),
  );
});

describe("tick", () => {
  interface Change {
    state?: LoggerState;
    paused?: boolean;
    claim?: () => boolean;
  }

  function logger(change: Change): {
    made: UsageLogger;
    launched: unknown[];
  } {
    const launched: unknown[] = [];
    const clock: Clock = { now: () => NOW, sleep: () => new Promise((resolve) => setTimeout(resolve, 1)) };
    const made: UsageLogger = new UsageLogger({
      settings: { loggingEnabled: true, ...intervals },
      clock,
      readState: () => Promise.resolve(change.state ?? null),
      paused: () => change.paused ?? false,
      claim: change.claim ?? (() => true),
      launch: (given) => void launched.push(given),
    });
    return { made, launched };
  }

  test("accesses nothing while logging is off", async () => {
    const made = new UsageLogger({
      settings: { loggingEnabled: false, ...intervals },
      clock: { now: () => NOW, sleep: () => Promise.resolve() },
      readState: () => Promise.reject(new Error("accessed")),
      paused: () => Promise.reject(new Error("accessed")),
      claim: () => Promise.reject(new Error("accessed")),
      launch: () => Promise.reject(new Error("launched")),
    });
    expect(await made.tick(NOW, session)).toBe("off");
  });

  const failedState = (retryAt: number): LoggerState => ({
    ...emptyState,
    failure: { code: "x", message: "x", since: NOW, retryAt },
  });
  const unusable = (): boolean => {
    throw new Error("EACCES");
  };
  const cases: [TickResult, Change, number][] = [
    ["launched", {}, 1],
    ["not_due", { state: current(NOW) }, 0],
    ["claimed_elsewhere", { claim: () => false }, 0],
    ["paused", { paused: true }, 0],
    ["paused", { state: failedState(NOW + PAUSE_MS) }, 0],
    ["launched", { state: failedState(NOW) }, 1],
    ["failed", { claim: unusable }, 0],
  ];
  test.each(cases)("returns %s for %j", async (result, change, count) => {
    const { made, launched } = logger(change);
    expect(await made.tick(NOW, session)).toBe(result);
    expect(launched).toHaveLength(count);
  });

  test("repeats from start() until stop()", async () => {
    const { made, launched } = logger({});
    made.start();
    made.start();
    while (launched.length < 3) await Bun.sleep(1);
    await made.stop();
    const after = launched.length;
    await Bun.sleep(20);
    expect(launched.length).toBe(after);
    expect(launched[0]).toBeNull();
  });
});

test("a session that is new is left to the worker that another process started, a known one is not", async () => {
  const left: (string | null)[] = [];
  const logger = new UsageLogger({
    settings: readSettings([{ PET_USAGE_LOGGING_ENABLED: "true" }]).settings,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    readState: () => Promise.resolve({ ...emptyState, sessions: { known: new Date(0).toISOString() } }),
    paused: () => false,
    claim: () => false,
    leaveWaiting: ({ id }) => void left.push(id),
    launch: () => Promise.reject(new Error("launched")),
  });
  for (const session_id of ["known", "new"])
    expect(await logger.tick(1_000, sessionOf({ session_id }))).toBe("claimed_elsewhere");
  expect(left).toEqual(["new"]);
});
