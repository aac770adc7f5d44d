import type { Session } from "../model/session.ts";
import { isDeferred, type LoggerState } from "../model/state.ts";
import type { Settings } from "../utils/config.ts";

/** What is to be recorded now; `status` says why. */
export interface Due {
  readonly usage: boolean;
  readonly status: "no" | "interval" | "first_seen";
}

/** The two intervals, milliseconds. */
export type Intervals = Pick<Settings, "usageInterval" | "statusInterval">;

/** A worker that was asked for and has not answered is asked for again after this long. */
const CLAIM_MS = 3_000;
/** A session that was not seen for this long is a new one again. */
export const SESSION_MEMORY_MS = 2 * 86_400_000;
const MIN_BACK_OFF_MS = 60_000;
const MAX_BACK_OFF_MS = 1_800_000;

/** Number of the interval that a time lies in; intervals start at multiples of their length since 1970. */
export function slotOf(now: number, interval: number): number {
  return Math.floor(now / interval);
}

/** When the newest record was made. */
type Mark = NonNullable<LoggerState["usage"]>;

/** A step back of the clock that is no more than its being put right. */
const CORRECTION_MS = 1_000;

/** Whether the clock was set back into an interval before the newest that has a record. */
export function wasSetBack(last: Mark, now: number, interval: number): boolean {
  return slotOf(last.at, interval) > slotOf(now, interval) && last.at - now > CORRECTION_MS;
}

/**
 * What is due for this session; null when nothing is. A state from the future (the clock was set back) counts as due,
 * once: the record that follows brings the state back to the present.
 */
export function dueOf(
  state: LoggerState | null,
  now: number,
  session: Session | null,
  intervals: Intervals,
): Due | null {
  const passed = (last: Mark | null, interval: number): boolean =>
    last === null || slotOf(last.at, interval) < slotOf(now, interval) || wasSetBack(last, now, interval);
  const usage = passed(state?.usage ?? null, intervals.usageInterval);
  const unseen = session?.id != null && typeof (state?.sessions ?? {})[sessionKey(session.id)] !== "string";
  const interval = passed(state?.status ?? null, intervals.statusInterval);
  const status = unseen ? "first_seen" : interval ? "interval" : "no";
  return usage || status !== "no" ? { usage, status } : null;
}

/** A session's id as a key: itself, or a hash where it is nothing that belongs in a key or a file name. */
export function sessionKey(id: string): string {
  return /^[A-Za-z0-9-]{1,64}$/.test(id) ? id : `x${Bun.hash.xxHash64(id).toString(16)}`;
}

/** Start (epoch milliseconds) of the stretch in which at most one worker is started: three seconds, or a shorter interval. */
export function claimStart(now: number, usageInterval: number): number {
  const length = Math.min(CLAIM_MS, usageInterval);
  return Math.floor(now / length) * length;
}

/** Whether the program may be asked, or is left alone for a while after it gave no limits. */
export function mayAsk(state: LoggerState | null, now: number): boolean {
  return !state?.asking || !isDeferred(state.asking.nextAt, now, MAX_BACK_OFF_MS);
}

/** The back-off after one more failure: 1 minute, doubling to 30. */
export function backOff(state: LoggerState | null, now: number, reason: string): NonNullable<LoggerState["asking"]> {
  const failures = Math.min((state?.asking?.failures ?? 0) + 1, 30);
  return { failures, nextAt: now + Math.min(MIN_BACK_OFF_MS * 2 ** (failures - 1), MAX_BACK_OFF_MS), reason };
}
