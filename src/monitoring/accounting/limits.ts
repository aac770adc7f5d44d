import { LOGGED_ASSISTANT } from "../../model/record.ts";
import { currentLimits, familyOf, lengthLabel, WINDOWS_BACK_MS } from "../../ledger/limits.ts";
import type { SqliteQueries } from "../../ledger/sqlite/SqliteQueries.ts";
import { FOREVER } from "../../model/calendar.ts";
import type { AssistantLimits } from "../../model/state.ts";
import type { AssistantLimitRows } from "../types.ts";
import { sources } from "../../sources/registry.ts";

/** Windows of one assistant that a record holds: far more than any provider has, so that no file can make it too long. */
const MOST_WINDOWS = 16;
/** Windows that the line shows. */
const MOST_SHOWN = 3;
const MINUTE_MS = 60_000;

/** The limits of each assistant but Claude Code that were open when it last told any. */
export function lastTold(ledger: SqliteQueries, now: number): AssistantLimitRows[] {
  const rows = ledger
    .limits(now - WINDOWS_BACK_MS)
    .filter(({ source, at }) => source !== LOGGED_ASSISTANT && at <= now);
  return [...Map.groupBy(rows, ({ source }) => source)].flatMap(([source, some]) => {
    const newest = Math.max(...some.map(({ at }) => at));
    const windows = currentLimits(some, newest)
      .filter(({ resetsAt }) => resetsAt > newest)
      .slice(0, MOST_WINDOWS);
    return windows.length === 0 ? [] : [{ source, at: Math.max(...windows.map(({ at }) => at)), windows }];
  });
}

/**
 * What the line shows: of the assistant whose session began last its own limits that are still open. Null where that is
 * Claude Code, or where that session lies before all windows that are open.
 */
export function shownOf(
  limits: readonly AssistantLimitRows[],
  ledger: SqliteQueries,
  now: number,
): AssistantLimits | null {
  const open = limits.flatMap(({ source, windows }) =>
    windows.map((one) => ({ ...one, source })).filter((one) => familyOf(one) === "" && one.resetsAt > now),
  );
  if (open.length === 0) return null;
  const from = Math.min(...open.map(({ resetsAt, windowMinutes }) => resetsAt - windowMinutes * MINUTE_MS));
  const newest = ledger.sessions({ from, to: FOREVER }).at(-1)?.source;
  const quotas = open
    .filter(({ source }) => source === newest)
    .slice(0, MOST_SHOWN)
    .map(({ windowMinutes, usedPercent, resetsAt, at }) => ({
      key: lengthLabel(windowMinutes),
      percent: usedPercent,
      resetsAt,
      seenAt: at,
    }));
  if (newest === undefined || quotas.length === 0) return null;
  return { title: sources.find(({ name }) => name === newest)?.title ?? newest, quotas };
}
