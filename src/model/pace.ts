import { FIVE_HOURS_MS, hasDropped, type Quota, sameWindow, WEEK_MS } from "./quota.ts";

/** The state of one limit at a time. */
export interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly quota: Quota;
}

/**
 * The forecast of a window: its percentage at the reset if usage continues at this rate, and when it is full if that
 * comes first.
 */
export interface Pace {
  readonly key: string;
  /** Percent at the reset; at least the percentage used now. */
  readonly percentAtReset: number;
  /** Epoch milliseconds at which 100 % is reached; null if the reset comes first. */
  readonly fullAt: number | null;
  /** Epoch milliseconds of the reset that the forecast refers to. */
  readonly resetsAt: number;
}

/** Lengths of the windows that the log records, milliseconds. */
const WINDOW_LENGTHS: Readonly<Record<string, number>> = { five_hour: FIVE_HOURS_MS, seven_day: WEEK_MS };

const DAY_MS = 86_400_000;

/**
 * How far back the rate is measured and the shortest interval that gives a rate, milliseconds: recent enough to follow
 * changes, long enough to be reliable.
 */
const rateSpan = (windowMs: number): { lookback: number; minSpan: number } =>
  windowMs <= DAY_MS ? { lookback: 3_600_000, minSpan: 600_000 } : { lookback: DAY_MS, minSpan: 3 * 3_600_000 };

/**
 * The samples that the forecast is based on, oldest first, and the opening of the window as a sample of 0 %, or null if
 * it did not open at 0 %.
 */
export interface Series {
  readonly opened: Sample | null;
  readonly samples: readonly Sample[];
}

/**
 * The samples in the window of the newest one, since the percentage last dropped (the provider reset it, or the plan
 * changed). The window opened at 0 %, unless a later sample of the same limit was higher than the first of these.
 */
export function seriesOf(samples: readonly Sample[], windowMs: number): Series {
  const last = samples.at(-1);
  if (!last || last.quota.resetsAt === null) return { opened: null, samples: [] };
  const window = samples.filter(({ quota, at }) => sameWindow(quota, last.quota) && at <= last.at);
  const lastDrop = window.findLastIndex(({ quota }, index) =>
    hasDropped(window[index - 1]?.quota.percent ?? 0, quota.percent),
  );
  const series = window.slice(Math.max(lastDrop, 0));
  const first = series[0] ?? last;
  const opened: Sample = { at: last.quota.resetsAt - windowMs, quota: { ...last.quota, percent: 0 } };
  const isOpeningRefuted = samples.some(
    ({ quota: { key, percent }, at }) =>
      key === last.quota.key && at > opened.at && at < first.at && hasDropped(percent, first.quota.percent),
  );
  return { opened: isOpeningRefuted ? null : opened, samples: series };
}

/**
 * The pace of one limit from its samples, newest last; null without enough samples, or if the length of the window is
 * not known. The rate is measured over the last hour, or over the last day in a window of more than a day. With fewer
 * samples it is measured over all of the window that is known, at least 10 minutes (3 hours).
 */
export function paceOf(
  samples: readonly Sample[],
  now: number,
  windowMs: number | null | undefined = WINDOW_LENGTHS[samples.at(-1)?.quota.key ?? ""],
): Pace | null {
  const last = samples.at(-1);
  if (!last || windowMs == null || last.quota.resetsAt === null || last.quota.resetsAt <= now) return null;
  const span = rateSpan(windowMs);
  const { resetsAt } = last.quota;
  const series = seriesOf(samples, windowMs);
  const points = series.opened ? [series.opened, ...series.samples] : series.samples;
  const from = points.findLast((one) => one.at <= last.at - span.lookback) ?? points[0];
  if (!from || last.at - from.at < span.minSpan) return null;
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
