import { FIVE_HOURS_MS, type Quota, sameWindow, WEEK_MS } from "./quota.ts";

/** One limit as it stood at a time. */
export interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly quota: Quota;
}

/** Where a window will stand at its reset if it goes on like this, and when it is full if that comes before. */
export interface Pace {
  readonly key: string;
  /** Percent at the reset, never below what is used now. */
  readonly percentAtReset: number;
  /** Epoch milliseconds at which 100 % is reached, null when the reset comes first. */
  readonly fullAt: number | null;
  /** Epoch milliseconds of the reset that this speaks of. */
  readonly resetsAt: number;
}

/** How far back the rate looks, and the least stretch that makes a rate: recent enough to follow, long enough to trust. */
const LOOK_BACK: Readonly<Record<string, { window: number; back: number; least: number }>> = {
  five_hour: { window: FIVE_HOURS_MS, back: 3_600_000, least: 600_000 },
  seven_day: { window: WEEK_MS, back: 86_400_000, least: 3 * 3_600_000 },
};

/**
 * The pace of one limit from samples of our own log, newest last; null when there is nothing to base it on. The rate is
 * that of the last hour (five-hour window) or day (weekly); where the log is younger than that but at least 10 minutes
 * (3 hours) of the window are known, that of what is known. The start of a window counts as a sample of 0 %.
 */
export function paceOf(samples: readonly Sample[], now: number): Pace | null {
  const last = samples.at(-1);
  const rule = last && LOOK_BACK[last.quota.key];
  if (!last || !rule || last.quota.resetsAt === null || last.quota.resetsAt <= now) return null;
  const { resetsAt } = last.quota;
  const opened: Sample = { at: resetsAt - rule.window, quota: { ...last.quota, percent: 0 } };
  const known = [opened, ...samples.filter((one) => sameWindow(one.quota, last.quota) && one.at <= last.at)];
  const from = known.findLast((one) => one.at <= last.at - rule.back) ?? known[0];
  if (!from || last.at - from.at < rule.least) return null;
  const rate = Math.max(last.quota.percent - from.quota.percent, 0) / (last.at - from.at);
  const percentAtReset = last.quota.percent + rate * (resetsAt - last.at);
  const fullAt = rate > 0 ? last.at + Math.max(100 - last.quota.percent, 0) / rate : null;
  return {
    key: last.quota.key,
    percentAtReset,
    fullAt: fullAt !== null && fullAt < resetsAt ? fullAt : null,
    resetsAt,
  };
}
