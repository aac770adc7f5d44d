import { fields } from "../utils/json.ts";
import { extraUsageOf, type ExtraUsage, isPast, type Quota, quotasOf, quotasOfSession } from "./quota.ts";
import type { LogRecord, UsageRecord } from "./record.ts";
import { sessionOf } from "./session.ts";

/** A reading of a limit from a record of the log. */
export interface LimitReading {
  /** When the provider reported it, epoch milliseconds. */
  readonly at: number;
  readonly quota: Quota;
}

/**
 * All limits in usage records, oldest first. An answer of the program is dated by its record; limits from a session's
 * stdin by `seen_at` of the record. Older records have no `seen_at`: numbers that differ from the session's previous
 * record are dated by their record, and repeated ones are left out, since an idle session keeps passing on old numbers.
 * The numbers in a session's first record count only if there is no other reading of that limit.
 */
export function limitReadingsIn(records: readonly LogRecord[], now = Infinity): LimitReading[] {
  const found: LimitReading[] = [];
  const undated: LimitReading[] = [];
  const lastMarks = new Map<string | null, string>();
  for (const record of records as readonly UsageRecord[]) {
    const at = Date.parse(record.timestamp);
    const answered = quotasOf(record.usage_data);
    for (const quota of answered) found.push({ at, quota });
    const { statusline, session_id: session } = record;
    const isMissing = (key: string): boolean => answered.every((one) => one.key !== key);
    // Parsing stdin is the expensive part, and the answer usually holds all of its limits already.
    if (!statusline || !carriedKeys(statusline.rate_limits).some(isMissing)) continue;
    const carried = sessionOf(statusline);
    const own = quotasOfSession(carried).filter(({ key }) => isMissing(key));
    const observedAt = Date.parse(statusline.seen_at ?? "");
    const mark = JSON.stringify([carried.limits, carried.cost.apiDurationMs]);
    const before = lastMarks.get(session);
    lastMarks.set(session, mark);
    if (Number.isFinite(observedAt)) found.push(...own.map((quota) => ({ at: observedAt, quota })));
    else if (before !== mark) (before === undefined ? undated : found).push(...own.map((quota) => ({ at, quota })));
  }
  if (undated.length > 0) {
    const dated = new Set(found.map(({ quota }) => quota.key));
    found.push(...undated.filter(({ quota }) => !dated.has(quota.key)));
  }
  const past = found.every(({ at }) => isPast(at, now)) ? found : found.filter(({ at }) => isPast(at, now));
  const isInOrder = past.every(({ at }, index) => at >= (past[index - 1]?.at ?? 0));
  return isInOrder ? past : past.toSorted((a, b) => a.at - b.at);
}

const CARRIED = ["five_hour", "seven_day", "spend_limit"];

const carriedKeys = (rates: unknown): string[] => CARRIED.filter((key) => key in fields(rates));

/**
 * The newest extra usage in usage records, with the time of its record; null if no record has any, or if a newer answer
 * has none.
 */
export function newestExtraUsage(
  records: readonly LogRecord[],
  now = Infinity,
): (ExtraUsage & { readonly observedAt: number }) | null {
  for (const record of (records as readonly UsageRecord[]).toReversed()) {
    const observedAt = Date.parse(record.timestamp);
    const extra = extraUsageOf(record.usage_data);
    if (!isPast(observedAt, now)) continue;
    if (extra) return { ...extra, observedAt };
    if (quotasOf(record.usage_data).length > 0) return null;
  }
  return null;
}
