import { LOGGED_ASSISTANT } from "../../model/record.ts";
import { currentLimits, familyOf, lengthLabel, WINDOWS_BACK_MS } from "../../ledger/limits.ts";
import type { Queries } from "../../ledger/queries.ts";
import { FOREVER } from "../../model/calendar.ts";
import type { AssistantLimits } from "../../model/state.ts";
import type { AssistantLimitRows } from "../types.ts";
import { sources } from "../../sources/registry.ts";

/** Maximum windows of one assistant in a record: far more than any provider has, so that no file can make a record too long. */
const MAX_WINDOWS = 16;
/** Maximum windows that the line shows. */
const MAX_SHOWN = 3;
const MINUTE_MS = 60_000;

/** Returns the limits of each assistant except Claude Code that were open at its last observation. */
export async function latestLimits(queries: Queries, now: number): Promise<AssistantLimitRows[]> {
  const rows = (await queries.limits(now - WINDOWS_BACK_MS)).filter(
    ({ source, at }) => source !== LOGGED_ASSISTANT && at <= now,
  );
  return [...Map.groupBy(rows, ({ source }) => source)].flatMap(([source, rowsOfSource]) => {
    const newest = Math.max(...rowsOfSource.map(({ at }) => at));
    const windows = currentLimits(rowsOfSource, newest)
      .filter(({ resetsAt }) => resetsAt > newest)
      .slice(0, MAX_WINDOWS);
    return windows.length === 0 ? [] : [{ source, at: Math.max(...windows.map(({ at }) => at)), windows }];
  });
}

/**
 * Returns the limits for the line: the open ones of the assistant whose session began last. Null if that is Claude Code, or if
 * the session is older than all open windows.
 */
export async function shownLimits(
  limits: readonly AssistantLimitRows[],
  queries: Queries,
  now: number,
): Promise<AssistantLimits | null> {
  const open = limits.flatMap(({ source, windows }) =>
    windows.map((one) => ({ ...one, source })).filter((one) => familyOf(one) === "" && one.resetsAt > now),
  );
  if (open.length === 0) return null;
  const from = Math.min(...open.map(({ resetsAt, windowMinutes }) => resetsAt - windowMinutes * MINUTE_MS));
  const newest = (await queries.sessions({ from, to: FOREVER })).at(-1)?.source;
  const quotas = open
    .filter(({ source }) => source === newest)
    .slice(0, MAX_SHOWN)
    .map(({ windowMinutes, usedPercent, resetsAt, at }) => ({
      key: lengthLabel(windowMinutes),
      percent: usedPercent,
      resetsAt,
      observedAt: at,
    }));
  if (newest === undefined || quotas.length === 0) return null;
  return { title: sources.find(({ name }) => name === newest)?.title ?? newest, quotas };
}
