/** Percent of a window used at a time (epoch ms). */
export interface Point {
  readonly at: number;
  readonly percent: number;
}

/** A window as it was last seen: when it opened and when it resets (epoch ms), and its points since it last fell, oldest first. */
export interface Burn {
  readonly opened: number;
  readonly resetsAt: number;
  readonly points: readonly Point[];
  /** It fell since it opened, so that the points do not go on from 0 %. */
  readonly isCut?: boolean;
}

/** What will become of a window if it goes on as it did lately. */
export type Outlook =
  | {
      /** It is full before its reset. Epoch ms, none in the past; `late` is null where at the slowest rate the reset comes first. */
      readonly kind: "wall";
      /** It was full when it was last seen; else it is only expected to be. */
      readonly isFull: boolean;
      readonly at: number;
      readonly early: number;
      readonly late: number | null;
      readonly rates: number;
    }
  | {
      /** It is not. Percent at the reset; `early` (epoch ms) is when it is full at the fastest rate, null where it is not. */
      readonly kind: "stands";
      readonly percent: number;
      readonly low: number;
      readonly high: number;
      readonly early: number | null;
      readonly rates: number;
    };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A window that lasts longer than a day holds nights: rates over hours would say nothing of it. */
const DAY_MS = 24 * HOUR_MS;
/** Points below which nothing is said. */
const LEAST_POINTS = 3;

/** The stretches (ms) over which the rates of a window of some length are taken, besides the whole of it. */
export const lookBacks = (windowMs: number): readonly number[] =>
  windowMs <= DAY_MS ? [30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS] : [DAY_MS, 2 * DAY_MS, 4 * DAY_MS];

/**
 * The recent rates of a window in percent per millisecond, slowest first: over each look-back, and since the window opened
 * or last fell. Each begins at the newest point that is old enough; two that begin at one point are one, and one over less
 * than 10 minutes (in a longer window than a day: 3 hours) is none.
 */
export function ratesOf({ opened, resetsAt, points, isCut }: Burn): number[] {
  const last = points.at(-1);
  if (!last || points.length < LEAST_POINTS) return [];
  const windowMs = resetsAt - opened;
  const least = windowMs <= DAY_MS ? 10 * MINUTE_MS : 3 * HOUR_MS;
  const known = isCut ? points : [{ at: opened, percent: 0 }, ...points];
  const from = [...lookBacks(windowMs), windowMs].map((back) => known.findLast(({ at }) => at <= last.at - back));
  return [...new Set(from.map((one) => one ?? known[0]))]
    .filter((one) => one !== undefined)
    .filter(({ at }) => last.at - at >= least)
    .map(({ at, percent }) => Math.max(last.percent - percent, 0) / (last.at - at))
    .toSorted((a, b) => a - b);
}

/** What will become of a window, from its recent rates: their median, and the slowest and the fastest as its range; null where too little is known. */
export function outlookOf(burn: Burn, now: number): Outlook | null {
  const last = burn.points.at(-1);
  const rates = ratesOf(burn);
  const [slow, fast] = [rates[0], rates.at(-1)];
  if (!last || slow === undefined || fast === undefined || burn.resetsAt <= now) return null;
  const middle = median(rates);
  const fullAt = (rate: number): number | null => {
    const left = Math.max(100 - last.percent, 0);
    const at = left === 0 ? now : rate > 0 ? Math.max(last.at + left / rate, now) : null;
    return at !== null && at < burn.resetsAt ? at : null;
  };
  const standsAt = (rate: number): number => Math.min(last.percent + rate * (burn.resetsAt - last.at), 100);
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

/** A stretch (epoch ms) in which a window rose by so many percent. */
export interface Rise {
  readonly from: number;
  readonly to: number;
  readonly percent: number;
}

/**
 * The rises of one window, each of at least one percent. Since most programs tell whole percent, a rise begins where the
 * one before ended: what was used before the number moved belongs to it.
 */
export function risesOf(points: readonly Point[]): Rise[] {
  const rises: Rise[] = [];
  let [anchor] = points;
  for (const point of points) {
    if (!anchor || point.percent < anchor.percent) anchor = point;
    else if (point.percent - anchor.percent >= 1) {
      rises.push({ from: anchor.at, to: point.at, percent: point.percent - anchor.percent });
      anchor = point;
    }
  }
  return rises;
}

/** What one percent comes to: the median of many rises, the quartiles, and how many there were. */
export interface PerPercent {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** What one percent comes to, from amounts used during rises; null for fewer than three. Rises without use are left out. */
export function perPercentOf(rises: readonly { readonly percent: number; readonly used: number }[]): PerPercent | null {
  const ratios = rises
    .filter(({ used, percent }) => used > 0 && percent > 0)
    .map(({ used, percent }) => used / percent);
  if (ratios.length < LEAST_POINTS) return null;
  const sorted = ratios.toSorted((a, b) => a - b);
  return { middle: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75), n: sorted.length };
}

const median = (sorted: readonly number[]): number => quantile(sorted, 0.5);

/** The value below which a share of some sorted values lies, between two of them where it falls there. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}
