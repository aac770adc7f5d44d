import type { Session } from "../model/session.ts";
import { isDeferred, type LoggerState } from "../model/state.ts";
import type { Settings } from "../utils/config.ts";

/** What has to be recorded now; `status` gives the reason. */
export interface Due {
  readonly usage: boolean;
  readonly status: "no" | "interval" | "first_seen";
}

/** The two intervals, milliseconds. */
export type Intervals = Pick<Settings, "usageInterval" | "statusInterval">;

/** After this long another worker may be started if the first has written no state. */
const CLAIM_MS = 3_000;
/** A session without a status record for this long counts as new. */
export const SESSION_MEMORY_MS = 2 * 86_400_000;
const MIN_BACK_OFF_MS = 60_000;
const MAX_BACK_OFF_MS = 1_800_000;

/** Returns the number of the interval that contains a time; intervals start at multiples of their length since 1970. */
export function slotOf(now: number, interval: number): number {
  return Math.floor(now / interval);
}

/** The time of the newest record. */
type RecordTime = NonNullable<LoggerState["usage"]>;

/** A step back of the clock up to this long is a normal correction. */
const MAX_CORRECTION_MS = 1_000;

/** Whether the clock was set back to an interval before that of the newest record. */
export function wasSetBack(last: RecordTime, now: number, interval: number): boolean {
  return slotOf(last.at, interval) > slotOf(now, interval) && last.at - now > MAX_CORRECTION_MS;
}

/**
 * Returns what is due for this session; null if nothing is. A state from the future (the clock was set back) counts as due
 * once: the next record brings the state back to the present.
 */
export function dueOf(
  state: LoggerState | null,
  now: number,
  session: Session | null,
  intervals: Intervals,
): Due | null {
  const isDue = (last: RecordTime | null, interval: number): boolean =>
    last === null || slotOf(last.at, interval) < slotOf(now, interval) || wasSetBack(last, now, interval);
  const usage = isDue(state?.usage ?? null, intervals.usageInterval);
  const isNewSession = session?.id != null && typeof (state?.sessions ?? {})[sessionKey(session.id)] !== "string";
  const interval = isDue(state?.status ?? null, intervals.statusInterval);
  const status = isNewSession ? "first_seen" : interval ? "interval" : "no";
  return usage || status !== "no" ? { usage, status } : null;
}

/** Returns a session id as a key for state and file names: the id itself, or a hash if it has other characters. */
export function sessionKey(id: string): string {
  return /^[A-Za-z0-9-]{1,64}$/.test(id) ? id : `x${Bun.hash.xxHash64(id).toString(16)}`;
}

/**
 * Returns the start (epoch milliseconds) of the interval in which at most one worker starts: three seconds, or the
 * usage interval if shorter.
 */
export function claimStart(now: number, usageInterval: number): number {
  const length = Math.min(CLAIM_MS, usageInterval);
  return Math.floor(now / length) * length;
}

/** Whether the program may be queried; false during the back-off after it returned no limits. */
export function mayAsk(state: LoggerState | null, now: number): boolean {
  return !state?.backOff || !isDeferred(state.backOff.nextAt, now, MAX_BACK_OFF_MS);
}

/** Returns the back-off after another failure: 1 minute, doubling up to 30 minutes. */
export function backOff(state: LoggerState | null, now: number, reason: string): NonNullable<LoggerState["backOff"]> {
  const failures = Math.min((state?.backOff?.failures ?? 0) + 1, 30);
  return { failures, nextAt: now + Math.min(MIN_BACK_OFF_MS * 2 ** (failures - 1), MAX_BACK_OFF_MS), reason };
}
