/** Percent of a window used at a time (epoch ms). */
export interface Point {
  readonly at: number;
  readonly percent: number;
}

/** The readings of a window: when it opened and when it resets (epoch ms), and its points since it last fell, oldest first. */
export interface WindowSeries {
  readonly opened: number;
  readonly resetsAt: number;
  readonly points: readonly Point[];
  /** The percentage fell after the window opened, so the points do not start from 0 %. */
  readonly hasFallen?: boolean;
}

/** The state of a window at its reset, extrapolated from its recent rates. */
export type Forecast =
  | {
      /**
       * It is full before its reset. Times are epoch ms, never in the past; `late` is null where the reset comes first at
       * the slowest rate.
       */
      readonly kind: "wall";
      /** Whether the last reading was full. */
      readonly isFull: boolean;
      readonly at: number;
      readonly early: number;
      readonly late: number | null;
      readonly rates: number;
    }
  | {
      /**
       * It is not full at its reset. `percent`, `low` and `high` are for the reset; `early` (epoch ms) is when it is full
       * at the fastest rate, or null.
       */
      readonly kind: "stands";
      readonly percent: number;
      readonly low: number;
      readonly high: number;
      readonly early: number | null;
      readonly rates: number;
    };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Windows longer than a day include nights, so their rates are taken over days. */
const DAY_MS = 24 * HOUR_MS;
/** The minimum number of points for a forecast, and of rises for an estimate. */
const MIN_POINTS = 3;

/** The periods (ms) over which the rates of a window of this length are computed, besides the whole window. */
export const ratePeriods = (windowMs: number): readonly number[] =>
  windowMs <= DAY_MS ? [30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS] : [DAY_MS, 2 * DAY_MS, 4 * DAY_MS];

/**
 * The recent rates of a window in percent per millisecond, slowest first: over each rate period, and since the window opened
 * or last fell. Each starts at the newest point that is old enough; rates with the same starting point count once, and rates
 * over less than 10 minutes (3 hours in windows longer than a day) are left out.
 */
export function ratesOf({ opened, resetsAt, points, hasFallen }: WindowSeries): number[] {
  const last = points.at(-1);
  if (!last || points.length < MIN_POINTS) return [];
  const windowMs = resetsAt - opened;
  const minMs = windowMs <= DAY_MS ? 10 * MINUTE_MS : 3 * HOUR_MS;
  const known = hasFallen ? points : [{ at: opened, percent: 0 }, ...points];
  const starts = [...ratePeriods(windowMs), windowMs].map((back) => known.findLast(({ at }) => at <= last.at - back));
  return [...new Set(starts.map((one) => one ?? known[0]))]
    .filter((one) => one !== undefined)
    .filter(({ at }) => last.at - at >= minMs)
    .map(({ at, percent }) => Math.max(last.percent - percent, 0) / (last.at - at))
    .toSorted((a, b) => a - b);
}

/**
 * The forecast of a window at the median of its recent rates, with the slowest and the fastest as the range; null with too
 * few points or after the reset.
 */
export function forecastOf(series: WindowSeries, now: number): Forecast | null {
  const last = series.points.at(-1);
  const rates = ratesOf(series);
  const [slow, fast] = [rates[0], rates.at(-1)];
  if (!last || slow === undefined || fast === undefined || series.resetsAt <= now) return null;
  const middle = median(rates);
  const fullAt = (rate: number): number | null => {
    const left = Math.max(100 - last.percent, 0);
    const at = left === 0 ? now : rate > 0 ? Math.max(last.at + left / rate, now) : null;
    return at !== null && at < series.resetsAt ? at : null;
  };
  const standsAt = (rate: number): number => Math.min(last.percent + rate * (series.resetsAt - last.at), 100);
  const [at, early, late] = [fullAt(middle), fullAt(fast), fullAt(slow)];
  if (at !== null && early !== null) {
    return { kind: "wall", isFull: last.percent >= 100, at, early, late, rates: rates.length };
  }
  return {
    kind: "stands",
    percent: standsAt(middle),
    low: standsAt(slow),
    high: standsAt(fast),
    early,
    rates: rates.length,
  };
}

/** An interval (epoch ms) in which a window rose by `percent`. */
export interface Rise {
  readonly from: number;
  readonly to: number;
  readonly percent: number;
}

/**
 * The rises of one window, each of at least one percent. Most programs report whole percents, so a rise begins where the
 * previous one ended: usage before the number moved belongs to it.
 */
export function risesOf(points: readonly Point[]): Rise[] {
  const rises: Rise[] = [];
  let [start] = points;
  for (const point of points) {
    if (!start || point.percent < start.percent) start = point;
    else if (point.percent - start.percent >= 1) {
      rises.push({ from: start.at, to: point.at, percent: point.percent - start.percent });
      start = point;
    }
  }
  return rises;
}

/** The amount used per percent: the median and quartiles over the rises, and the number of rises. */
export interface PerPercent {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/**
 * The amount used per percent, from the amounts used during rises; null for fewer than three. Rises without usage are left
 * out.
 */
export function perPercentOf(rises: readonly { readonly percent: number; readonly used: number }[]): PerPercent | null {
  const ratios = rises
    .filter(({ used, percent }) => used > 0 && percent > 0)
    .map(({ used, percent }) => used / percent);
  if (ratios.length < MIN_POINTS) return null;
  const sorted = ratios.toSorted((a, b) => a - b);
  return { middle: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75), n: sorted.length };
}

/** The middle of sorted values, or the mean of the two in the middle. */
export const median = (sorted: readonly number[]): number => quantile(sorted, 0.5);

/** A quantile of sorted values, interpolated between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const index = (sorted.length - 1) * share;
  const low = sorted[Math.floor(index)] ?? 0;
  const high = sorted[Math.ceil(index)] ?? low;
  return low + (high - low) * (index - Math.floor(index));
}
