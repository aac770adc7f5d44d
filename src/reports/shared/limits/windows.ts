import { type Pace, paceOf, type Sample, seriesOf } from "../../../model/pace.ts";
import {
  type ExtraUsage,
  extraSpend,
  FIVE_HOURS_MS,
  hasDropped,
  isSameMonth,
  type Quota,
  sameWindow,
  WEEK_MS,
} from "../../../model/quota.ts";
import type { LogRecord } from "../../../model/record.ts";
import type { Spend } from "../../../model/session.ts";
import { type LimitReading, limitReadingsIn } from "../../../model/limit-readings.ts";
import { type Forecast, forecastOf, type Point } from "./forecast.ts";

/** How far back the limits report reads the usage log, milliseconds: two weekly windows. */
export const LIMITS_BACK_MS = 2 * WEEK_MS;
/** How far back the overview reads it, which must be fast, milliseconds: the longest interval of a pace. */
export const RECENT_LOG_MS = 25 * 3_600_000;

/** One window of a limit, past or open, since its percentage last fell, as far as it is in our log. */
export interface ObservedWindow {
  readonly key: string;
  /** Null where the length is not known. */
  readonly lengthMs: number | null;
  readonly resetsAt: number | null;
  /** Oldest first, at least one; none is lower than the one before by more than rounding. */
  readonly points: readonly Point[];
  /** The last reading of the limit before these points, in any window, after which it fell. */
  readonly before?: Point | undefined;
  /** The last known amounts of a spend limit. */
  readonly spend?: Spend | undefined;
}

/** The current state of a limit. `percent` is its last reading, null where only amounts are known. */
export interface LimitState extends Omit<ObservedWindow, "points" | "before"> {
  /** "5 hours", "week", "week, Fable". */
  readonly name: string;
  readonly percent: number | null;
  /** Epoch milliseconds. */
  readonly observedAt: number;
  /** Its reset has passed without a reading since: the current use is not known. */
  readonly isOver: boolean;
  readonly pace: Pace | null;
  readonly forecast: Forecast | null;
}

/**
 * All windows in usage records, in the order in which they were first seen, followed by the parts of them before a fall.
 * Readings later than `now`, from before the clock was set back, are left out.
 */
export const windowsIn = (records: readonly LogRecord[], now = Infinity): ObservedWindow[] =>
  windowsOfReadings(limitReadingsIn(records, now));

/** All windows in the readings of one account, oldest first. */
export function windowsOfReadings(readings: readonly LimitReading[]): ObservedWindow[] {
  const windows: { quota: Quota; points: Point[]; before: Point | undefined; spend: Spend | undefined }[] = [];
  const ended: typeof windows = [];
  /** Windows with a reset, by limit. A window without one never continues another, and each record may have one. */
  const dated = new Map<string, typeof windows>();
  const newest = new Map<string, Point>();
  const fallen = new Map<string, Point>();
  for (const { at, quota } of readings) {
    const { key, percent, spend } = quota;
    const point = { at, percent };
    const previous = newest.get(key);
    if (previous && hasDropped(previous.percent, percent)) fallen.set(key, previous);
    newest.set(key, point);
    const known = dated.get(key)?.findLast((one) => sameWindow(one.quota, quota));
    const last = known?.points.at(-1);
    if (!known || !last) {
      const window = { quota, points: [point], before: fallen.get(key), spend };
      windows.push(window);
      if (quota.resetsAt !== null) dated.set(key, [...(dated.get(key) ?? []), window]);
    } else if (hasDropped(last.percent, percent)) {
      ended.push({ ...known });
      Object.assign(known, { points: [point], before: last, spend });
    } else if (last.at !== at || last.percent !== percent) {
      known.points.push(point);
      known.spend = spend;
    }
  }
  return [...windows, ...ended].map(({ quota: { key, resetsAt }, points, before, spend }) => ({
    key,
    lengthMs: lengthOf(key, resetsAt, spend?.period ?? null),
    resetsAt,
    points,
    before,
    spend,
  }));
}

/** The limits at a time (epoch ms): for each the window seen last. Past windows of model limits are left out. */
export function limitsAt(windows: readonly ObservedWindow[], now: number): LimitState[] {
  const current = new Map<string, ObservedWindow>();
  // A number that was reported after its own reset is older than its timestamp.
  const isPlausible = (one: ObservedWindow): boolean => one.resetsAt === null || seenAt(one) < one.resetsAt;
  for (const one of windows) {
    const known = current.get(one.key);
    const isPreferred =
      !known || (isPlausible(one) === isPlausible(known) ? seenAt(one) >= seenAt(known) : isPlausible(one));
    if (isPreferred) current.set(one.key, one);
  }
  return [...current.values()]
    .map((window) => limitOf(window, nameOf(window), now))
    .filter(({ key, isOver }) => !isOver || !key.startsWith("model:"))
    .toSorted((a, b) => rank(a.key) - rank(b.key) || (a.name < b.name ? -1 : 1));
}

/** Extra usage as a limit. The program does not report its reset; a reading of another month is over. */
export const extraLimit = (extra: ExtraUsage & { readonly observedAt: number }, now: number): LimitState =>
  spendState(extra.percent, extraSpend(extra), extra.observedAt, now);

/** The amounts of extra usage at a time as a limit. */
export function spendState(used: number | null, spend: Spend, observedAt: number, now: number): LimitState {
  return {
    key: "extra_usage",
    name: "extra usage",
    lengthMs: null,
    resetsAt: null,
    percent: used,
    spend,
    observedAt,
    isOver: !isSameMonth(observedAt, now),
    pace: null,
    forecast: null,
  };
}

/**
 * Whether readings of two open weekly windows alternate, which means several accounts; one window following another is a
 * reset.
 */
export function areSeveralAccounts(windows: readonly ObservedWindow[], now: number): boolean {
  const open = windows.filter(({ key, resetsAt }) => key === "seven_day" && resetsAt !== null && resetsAt > now);
  const firstSeen = ({ points }: ObservedWindow): number => points[0]?.at ?? 0;
  return open.some((one) =>
    open.some((other) => one !== other && firstSeen(one) < firstSeen(other) && seenAt(one) > firstSeen(other)),
  );
}

/** The state of a window at a time (epoch ms). */
export function limitOf(window: ObservedWindow, name: string, now: number): LimitState {
  const { key, resetsAt, points, lengthMs, before, spend } = window;
  const last = points.at(-1) ?? { at: 0, percent: 0 };
  const samples: Sample[] = points.map(({ at, percent }) => ({ at, quota: { key, percent, resetsAt } }));
  if (before) samples.unshift({ at: before.at, quota: { key, percent: before.percent, resetsAt: null } });
  return {
    key,
    resetsAt,
    lengthMs,
    spend,
    name,
    percent: last.percent,
    observedAt: last.at,
    isOver: resetsAt !== null && resetsAt <= now,
    pace: paceOf(samples, now, lengthMs),
    forecast: resetsAt === null || lengthMs === null ? null : forecastAt(samples, resetsAt, lengthMs, now),
  };
}

function forecastAt(samples: readonly Sample[], resetsAt: number, lengthMs: number, now: number): Forecast | null {
  const { opened, samples: series } = seriesOf(samples, lengthMs);
  const points = series.map(({ at, quota: { percent } }) => ({ at, percent }));
  return forecastOf({ opened: resetsAt - lengthMs, resetsAt, points, hasFallen: opened === null }, now);
}

const seenAt = ({ points }: ObservedWindow): number => points.at(-1)?.at ?? 0;
const RANKS: Readonly<Record<string, number>> = { five_hour: 0, seven_day: 1, spend_limit: 2 };
const rank = (key: string): number => RANKS[key] ?? 3;

const DAY_MS = 86_400_000;

function lengthOf(key: string, resetsAt: number | null, period: string | null): number | null {
  if (key !== "spend_limit") return key === "five_hour" ? FIVE_HOURS_MS : WEEK_MS;
  if (period === "daily") return DAY_MS;
  if (period === "weekly") return WEEK_MS;
  if (period !== "monthly" || resetsAt === null) return null;
  const opened = new Date(resetsAt);
  return resetsAt - opened.setUTCMonth(opened.getUTCMonth() - 1);
}

function nameOf({ key, spend }: ObservedWindow): string {
  if (key === "five_hour") return "5 hours";
  if (key === "spend_limit") return spend?.period ? `spend limit, ${spend.period}` : "spend limit";
  return key === "seven_day" ? "week" : `week, ${key.replace(/^model:/, "")}`;
}
