import { type Pace, paceOf } from "../../model/pace.ts";
import { FIVE_HOURS_MS, type Quota, quotasOf, quotasOfSession, sameWindow, WEEK_MS } from "../../model/quota.ts";
import type { LogRecord, UsageRecord } from "../../model/record.ts";
import { sessionOf } from "../../model/session.ts";
import { type Outlook, outlookOf, type Point } from "./forecast.ts";

/** How far back the usage log is read for all that can be learned of the limits, milliseconds: two weekly windows. */
export const LIMITS_BACK_MS = 2 * WEEK_MS;
/** How far back it is read where the answer must come at once, milliseconds: the longest stretch that a pace looks at. */
export const GLANCE_BACK_MS = 25 * 3_600_000;

/** A limit as a record of our log told it (epoch ms). */
interface Sighting {
  readonly at: number;
  readonly quota: Quota;
  /** The program answered; else it is what a session's stdin carried, which may be old. */
  readonly isAnswer: boolean;
}

/** One window of a limit, past or open, with all that our log tells of it. */
export interface SeenWindow {
  readonly key: string;
  readonly lengthMs: number;
  readonly resetsAt: number | null;
  /** Never falling, oldest first, at least one. */
  readonly points: readonly Point[];
}

/** A limit as it stands now. Percent is that of its last sighting. */
export interface Limit extends SeenWindow {
  /** "5 hours", "week", "week, Fable". */
  readonly name: string;
  readonly percent: number;
  /** Epoch milliseconds. */
  readonly seenAt: number;
  /** Its reset is past, and nothing was seen since: what is used now is not known. */
  readonly isOver: boolean;
  readonly pace: Pace | null;
  readonly outlook: Outlook | null;
}

/** All windows in usage records, in the order in which they were first seen. */
export function windowsIn(records: readonly LogRecord[]): SeenWindow[] {
  const windows: { key: string; quota: Quota; points: Point[] }[] = [];
  for (const { at, quota, isAnswer } of records.flatMap(sightingsOf)) {
    const known = windows.findLast((one) => sameWindow(one.quota, quota));
    const last = known?.points.at(-1);
    if (!known || !last) windows.push({ key: quota.key, quota, points: [{ at, percent: quota.percent }] });
    else if (quota.percent >= last.percent) known.points.push({ at, percent: quota.percent });
    // An answer that is lower begins anew: the limit was raised. A lower number of stdin is an idle session's old one.
    else if (isAnswer) known.points = [{ at, percent: quota.percent }];
  }
  return windows.map(({ key, quota: { resetsAt }, points }) => ({ key, lengthMs: lengthOf(key), resetsAt, points }));
}

/** The limits as they stand at a time: of each the open window that was seen last, else the last one. Past ones of models are left out. */
export function limitsAt(windows: readonly SeenWindow[], now: number): Limit[] {
  const current = new Map<string, SeenWindow>();
  const isOpen = ({ resetsAt }: SeenWindow): boolean => resetsAt === null || resetsAt > now;
  for (const one of windows) {
    const known = current.get(one.key);
    const isBetter = !known || (isOpen(one) === isOpen(known) ? seenAt(one) >= seenAt(known) : isOpen(one));
    if (isBetter) current.set(one.key, one);
  }
  return [...current.values()]
    .map((window) => limitOf(window, nameOf(window.key), now))
    .filter(({ key, isOver }) => !isOver || !key.startsWith("model:"))
    .toSorted((a, b) => rank(a.key) - rank(b.key) || (a.name < b.name ? -1 : 1));
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
  const { key, resetsAt, points, lengthMs } = window;
  const last = points.at(-1) ?? { at: 0, percent: 0 };
  const isOver = resetsAt !== null && resetsAt <= now;
  const samples = points.map(({ at, percent }) => ({ at, quota: { key, percent, resetsAt } }));
  return {
    ...window,
    name,
    percent: last.percent,
    seenAt: last.at,
    isOver,
    pace: paceOf(samples, now, lengthMs),
    outlook: resetsAt === null ? null : outlookOf({ opened: resetsAt - lengthMs, resetsAt, points }, now),
  };
}

function sightingsOf(record: LogRecord): Sighting[] {
  const { timestamp, usage_data, statusline } = record as UsageRecord;
  const at = Date.parse(timestamp);
  const answered = quotasOf(usage_data);
  const quotas = answered.length > 0 ? answered : quotasOfSession(sessionOf(statusline));
  return quotas.map((quota) => ({ at, quota, isAnswer: answered.length > 0 }));
}

const seenAt = ({ points }: SeenWindow): number => points.at(-1)?.at ?? 0;
const lengthOf = (key: string): number => (key === "five_hour" ? FIVE_HOURS_MS : WEEK_MS);
const rank = (key: string): number => (key.startsWith("model:") ? 2 : +(key !== "five_hour"));

function nameOf(key: string): string {
  if (key === "five_hour") return "5 hours";
  return key === "seven_day" ? "week" : `week, ${key.replace(/^model:/, "")}`;
}
