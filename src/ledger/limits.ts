import { FOREVER } from "../model/calendar.ts";
import { isPast } from "../model/quota.ts";
import type { LimitRow } from "./rows.ts";

/** How far back the ledger is queried for limits, milliseconds: no known window lasts longer. */
export const WINDOWS_BACK_MS = 35 * 86_400_000;

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** The family of a limit; empty for the assistant's own family, whose name is the assistant's or missing. */
export const familyOf = ({ name, source }: Pick<LimitRow, "name" | "source">): string => (name === source ? "" : name);

/** "codex:300" for the assistant's own 5-hour limit, "codex:codex_bengalfox:300" for that of another family. */
export const keyOf = (row: LimitRow): string =>
  [row.source, familyOf(row), row.windowMinutes].filter(Boolean).join(":");

/** Whether the times and the percentage of a row can be shown: it comes from a file that anybody may have written. */
const isSound = ({ at, resetsAt, usedPercent, windowMinutes }: LimitRow): boolean =>
  [at, resetsAt].every((ms) => ms > 0 && ms < FOREVER) && usedPercent >= 0 && windowMinutes > 0;

/**
 * Returns one row per limit: the newest reading of a window that is open at `now`, else the newest reading of all.
 * Sorted by assistant, its own family first, then by window length. Rows dated after `now` were written before the
 * clock was set back and are left out.
 */
export function currentLimits(rows: readonly LimitRow[], now: number): LimitRow[] {
  const current = new Map<string, LimitRow>();
  const isOpen = ({ resetsAt }: LimitRow): boolean => resetsAt > now;
  for (const row of rows.filter((one) => isSound(one) && isPast(one.at, now))) {
    const known = current.get(keyOf(row));
    const isBetter = !known || (isOpen(row) === isOpen(known) ? row.at > known.at : isOpen(row));
    if (isBetter) current.set(keyOf(row), row);
  }
  const rank = (row: LimitRow): string => `${row.source}\n${familyOf(row)}`;
  return [...current.values()].toSorted((a, b) =>
    rank(a) === rank(b) ? a.windowMinutes - b.windowMinutes : rank(a) < rank(b) ? -1 : 1,
  );
}

/** The length of a window in words: "5 hours", "week", "30 days". */
export function lengthName(minutes: number): string {
  if (minutes === WEEK_MINUTES) return "week";
  const [length, unit] = lengthOf(minutes);
  return `${length} ${unit}${length === 1 ? "" : "s"}`;
}

/** The length of a window as short as the status line shows it: "5h", "7d", "30d". */
export function lengthLabel(minutes: number): string {
  const [length, unit] = lengthOf(minutes);
  return `${length}${unit.charAt(0)}`;
}

function lengthOf(minutes: number): [length: number, unit: "minute" | "hour" | "day"] {
  if (minutes % DAY_MINUTES === 0) return [minutes / DAY_MINUTES, "day"];
  return minutes % HOUR_MINUTES === 0 ? [minutes / HOUR_MINUTES, "hour"] : [minutes, "minute"];
}
