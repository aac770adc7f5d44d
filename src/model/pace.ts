import { FIVE_HOURS_MS, hasFallen, type Quota, sameWindow, WEEK_MS } from "./quota.ts";

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

/** How long the windows of our own log last, milliseconds. */
const LENGTHS: Readonly<Record<string, number>> = { five_hour: FIVE_HOURS_MS, seven_day: WEEK_MS };

const DAY_MS = 86_400_000;

/** How far back the rate looks, and the least stretch that makes a rate: recent enough to follow, long enough to trust. */
const lookBack = (windowMs: number): { back: number; least: number } =>
  windowMs <= DAY_MS ? { back: 3_600_000, least: 600_000 } : { back: DAY_MS, least: 3 * 3_600_000 };

/** The samples by which the newest can be judged, oldest first, and the opening of the window as one of 0 % where that holds. */
export interface Series {
  readonly opened: Sample | null;
  readonly samples: readonly Sample[];
}

/**
 * The samples of the newest one's window since it last fell (the provider reset it, the plan changed). It opened at 0 %,
 * unless a sample since then, of whatever window of the limit, was higher than the first of these.
 */
export function seriesOf(samples: readonly Sample[], windowMs: number): Series {
  const last = samples.at(-1);
  if (!last || last.quota.resetsAt === null) return { opened: null, samples: [] };
  const window = samples.filter(({ quota, at }) => sameWindow(quota, last.quota) && at <= last.at);
  const fall = window.findLastIndex(({ quota }, index) =>
    hasFallen(window[index - 1]?.quota.percent ?? 0, quota.percent),
  );
  const series = window.slice(Math.max(fall, 0));
  const first = series[0] ?? last;
  const opened: Sample = { at: last.quota.resetsAt - windowMs, quota: { ...last.quota, percent: 0 } };
  const isRefuted = samples.some(
    ({ quota: { key, percent }, at }) =>
      key === last.quota.key && at > opened.at && at < first.at && hasFallen(percent, first.quota.percent),
  );
  return { opened: isRefuted ? null : opened, samples: series };
}

/**
 * The pace of one limit from samples of it, newest last; null when there is nothing to base it on, or its length is not
 * known. The rate is that of the last hour, in a window of more than a day that of the last day; where less is known but at
 * least 10 minutes (3 hours) of the window, that of what is known.
 */
export function paceOf(
  samples: readonly Sample[],
  now: number,
  windowMs: number | null | undefined = LENGTHS[samples.at(-1)?.quota.key ?? ""],
): Pace | null {
  const last = samples.at(-1);
  if (!last || windowMs == null || last.quota.resetsAt === null || last.quota.resetsAt <= now) return null;
  const rule = lookBack(windowMs);
  const { resetsAt } = last.quota;
  const series = seriesOf(samples, windowMs);
  const known = series.opened ? [series.opened, ...series.samples] : series.samples;
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
