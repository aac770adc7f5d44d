import { errnoOf, messageOf } from "../utils/errors.ts";
import { lastUsageWindow } from "./accounting/usage-in-records.ts";
import { type RecordedLimits, recordedIn, unrecorded } from "./limits.ts";
import type { LoadedCapture } from "./load-capture.ts";
import type { Due } from "./Schedule.ts";
import type { AssistantLimitRows, RecorderOptions, UsageSnapshot, UsageWindow } from "./types.ts";

/** What a usage record takes from the ledger. */
export interface LedgerAnswers {
  /** The usage window that the record continues; null if tokens are not counted. */
  readonly last: UsageWindow | null;
  /** The usage in the ledger; null if it was not queried, is behind or fails: the record is written regardless. */
  readonly snapshot: UsageSnapshot | null;
  /** Its limits that are not recorded yet. */
  readonly limits: readonly AssistantLimitRows[];
  /** The recorded limits; null if the log was not read for them. */
  readonly recorded: RecordedLimits | null;
}

/** Queries the ledger if a usage record is due. */
export async function askLedger(
  { accounting, settings, log, messages }: Pick<RecorderOptions, "accounting" | "settings" | "log" | "messages">,
  due: Due,
  { memory, capture: { now } }: LoadedCapture,
): Promise<LedgerAnswers> {
  if (!due.usage || !accounting) return { last: null, snapshot: null, limits: [], recorded: memory.limits };
  const last = lastUsageWindow(memory.usage, log, now, settings.usageInterval);
  let snapshot: UsageSnapshot | null = null;
  try {
    snapshot = await accounting.collect(last, now);
  } catch (error) {
    messages.debug({ error: messageOf(error), code: errnoOf(error) }, "the ledger could not be queried");
  }
  const limits = snapshot?.limits ?? [];
  const recorded = memory.limits ?? (limits.length > 0 ? recordedIn(log, limits) : null);
  return { last, snapshot, limits: unrecorded(limits, recorded ?? {}), recorded };
}
