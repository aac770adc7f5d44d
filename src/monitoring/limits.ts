import type { LimitsRecord } from "../model/record.ts";
import type { AssistantLimitRows, OpenLog } from "./types.ts";

/*
 * A limits record is written when an assistant's files have newer limits than the last record in the log, regardless of the
 * Claude Code account: the other assistants belong to the machine.
 */

/** The observation time of the newest recorded limit (epoch milliseconds), by assistant. */
export type RecordedLimits = Readonly<Record<string, number>>;

/** Reads the times from the log, as far back as one of these limits can be recorded. */
export function recordedIn(log: OpenLog, limits: readonly AssistantLimitRows[]): RecordedLimits {
  const newest = new Map<string, number>();
  for (const { source = "", windows } of recordsOf(log, Math.min(...limits.map(({ at }) => at)))) {
    const rows: readonly ({ readonly seen_at?: string } | null)[] = Array.isArray(windows) ? windows : [];
    const times = rows.map((one) => Date.parse(one?.seen_at ?? "")).filter(Number.isFinite);
    newest.set(source, Math.max(newest.get(source) ?? 0, ...times));
  }
  return Object.fromEntries(newest);
}

/** Returns the limits that are not recorded yet. */
export const unrecorded = (limits: readonly AssistantLimitRows[], recorded: RecordedLimits): AssistantLimitRows[] =>
  limits.filter(({ source, at }) => at > (recorded[source] ?? 0));

/** Reads the limits records. Their fields are unchecked: another program may have written a line. */
function recordsOf(log: OpenLog, since: number): Partial<LimitsRecord>[] {
  try {
    return [...log.read("limits", since)] as Partial<LimitsRecord>[];
  } catch {
    // An unreadable log cannot be written either; the write reports the error.
    return [];
  }
}
