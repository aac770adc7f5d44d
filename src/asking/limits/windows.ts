import { type Pace, paceOf, type Sample, seriesOf } from "../../model/pace.ts";
import {
  type ExtraUsage,
  extraSpend,
  FIVE_HOURS_MS,
  hasFallen,
  isSameMonth,
  type Quota,
  sameWindow,
  WEEK_MS,
} from "../../model/quota.ts";
import type { LogRecord } from "../../model/record.ts";
import type { Spend } from "../../model/session.ts";
import { sightingsIn } from "../../model/sighting.ts";
import { type Outlook, outlookOf, type Point } from "./forecast.ts";

/** How far back the usage log is read for all that can be learned of the limits, milliseconds: two weekly windows. */
export const LIMITS_BACK_MS = 2 * WEEK_MS;
/** How far back it is read where the answer must come at once, milliseconds: the longest stretch that a pace looks at. */
export const GLANCE_BACK_MS = 25 * 3_600_000;

/** One window of a limit, past or open, since it last fell, with all that our log tells of it. */
export interface SeenWindow {
  readonly key: string;
  /** Null where it is not known how long it lasts. */
  readonly lengthMs: number | null;
  readonly resetsAt: number | null;
  /** Oldest first, at least one; none lower than the one before by more than rounding. */
  readonly points: readonly Point[];
  /** The last sighting of the limit, of whatever window, after which it fell, before the first of these points. */
  readonly before?: Point | undefined;
  /** The amounts of a spend limit as they were last seen. */
  readonly spend?: Spend | undefined;
}

/** A limit as it stands now. Percent is that of its last sighting, null where only amounts are known. */
export interface Limit extends Omit<SeenWindow, "points" | "before"> {
  /** "5 hours", "week", "week, Fable". */
  readonly name: string;
  readonly percent: number | null;
  /** Epoch milliseconds. */
  readonly seenAt: number;
  /** Its reset is past, and nothing was seen since: what is used now is not known. */
  readonly isOver: boolean;
  readonly pace: Pace | null;
  readonly outlook: Outlook | null;
}

/**
 * All windows in usage records, in the order in which they were first seen, and then what was seen of them before they fell.
 * Sightings later than `now` were noted before the clock was set back and are left out.
 */
export function windowsIn(records: readonly LogRecord[], now = Infinity): SeenWindow[] {
  const windows: { quota: Quota; points: Point[]; before: Point | undefined; spend: Spend | undefined }[] = [];
  const ended: typeof windows = [];
  /** Those with a reset, by their limit: without one nothing is of the same window, and there may be one in each record. */
  const dated = new Map<string, typeof windows>();
  const newest = new Map<string, Point>();
  const fallen = new Map<string, Point>();
  for (const { at, quota } of sightingsIn(records, now)) {
    const { key, percent, spend } = quota;
    const point = { at, percent };
    const previous = newest.get(key);
    if (previous && hasFallen(previous.percent, percent)) fallen.set(key, previous);
    newest.set(key, point);
    const known = dated.get(key)?.findLast((one) => sameWindow(one.quota, quota));
    const last = known?.points.at(-1);
    if (!known || !last) {
      const window = { quota, points: [point], before: fallen.get(key), spend };
      windows.push(window);
      if (quota.resetsAt !== null) dated.set(key, [...(dated.get(key) ?? []), window]);
    } else if (hasFallen(last.percent, percent)) {
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

/** The limits as they stand at a time: of each the window that was seen last. Past ones of models are left out. */
export function limitsAt(windows: readonly SeenWindow[], now: number): Limit[] {
  const current = new Map<string, SeenWindow>();
  // A number that was handed out after its own reset is older than it looks.
  const isSound = (one: SeenWindow): boolean => one.resetsAt === null || seenAt(one) < one.resetsAt;
  for (const one of windows) {
    const known = current.get(one.key);
    const isBetter = !known || (isSound(one) === isSound(known) ? seenAt(one) >= seenAt(known) : isSound(one));
    if (isBetter) current.set(one.key, one);
  }
  return [...current.values()]
    .map((window) => limitOf(window, nameOf(window), now))
    .filter(({ key, isOver }) => !isOver || !key.startsWith("model:"))
    .toSorted((a, b) => rank(a.key) - rank(b.key) || (a.name < b.name ? -1 : 1));
}

/** Extra usage as a limit. When it resets the program does not say; what was seen in another month says nothing of this one. */
export function extraLimit(extra: ExtraUsage & { readonly seenAt: number }, now: number): Limit {
  return {
    key: "extra_usage",
    name: "extra usage",
    lengthMs: null,
    resetsAt: null,
    percent: extra.percent,
    spend: extraSpend(extra),
    seenAt: extra.seenAt,
    isOver: !isSameMonth(extra.seenAt, now),
    pace: null,
    outlook: null,
  };
}

/** Whether open windows of the week were seen by turns, which one account cannot have; that one follows another is a reset. */
export function areSeveralAccounts(windows: readonly SeenWindow[], now: number): boolean {
  const open = windows.filter(({ key, resetsAt }) => key === "seven_day" && resetsAt !== null && resetsAt > now);
  const firstSeen = ({ points }: SeenWindow): number => points[0]?.at ?? 0;
  return open.some((one) =>
    open.some((other) => one !== other && firstSeen(one) < firstSeen(other) && seenAt(one) > firstSeen(other)),
  );
}

/** A window as it stands at a time. */
export function limitOf(window: SeenWindow, name: string, now: number): Limit {
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
    seenAt: last.at,
    isOver: resetsAt !== null && resetsAt <= now,
    pace: paceOf(samples, now, lengthMs),
    outlook: resetsAt === null || lengthMs === null ? null : outlookAt(samples, resetsAt, lengthMs, now),
  };
}

function outlookAt(samples: readonly Sample[], resetsAt: number, lengthMs: number, now: number): Outlook | null {
  const { opened, samples: series } = seriesOf(samples, lengthMs);
  const points = series.map(({ at, quota: { percent } }) => ({ at, percent }));
  return outlookOf({ opened: resetsAt - lengthMs, resetsAt, points, isCut: opened === null }, now);
}

const seenAt = ({ points }: SeenWindow): number => points.at(-1)?.at ?? 0;
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

function nameOf({ key, spend }: SeenWindow): string {
  if (key === "five_hour") return "5 hours";
  if (key === "spend_limit") return spend?.period ? `spend limit, ${spend.period}` : "spend limit";
  return key === "seven_day" ? "week" : `week, ${key.replace(/^model:/, "")}`;
}
