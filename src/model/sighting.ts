import { extraUsageOf, type ExtraUsage, isPast, type Quota, quotasOf, quotasOfSession } from "./quota.ts";
import type { LogRecord, UsageRecord } from "./record.ts";
import { sessionOf } from "./session.ts";

/** A limit as a record of our log has it. */
export interface Sighting {
  /** When the provider stated it, epoch milliseconds. */
  readonly at: number;
  readonly quota: Quota;
}

/**
 * All limits in usage records, oldest first. An answer of the program is as old as its record; what a session's stdin carried
 * is as old as the record says (`seen_at`). Where the record does not say, as older ones do not, numbers that changed since
 * the session's record before are as old as their record, repeated ones are left out (an idle session goes on handing out its
 * old ones), and those of a session's first record count only where nothing else is known of the limit.
 */
export function sightingsIn(records: readonly LogRecord[], now = Infinity): Sighting[] {
  const found: Sighting[] = [];
  const undated: Sighting[] = [];
  const marks = new Map<string | null, string>();
  for (const record of records as readonly UsageRecord[]) {
    const at = Date.parse(record.timestamp);
    const answered = quotasOf(record.usage_data);
    for (const quota of answered) found.push({ at, quota });
    const { statusline, session_id: session } = record;
    const isNew = (key: string): boolean => answered.every((one) => one.key !== key);
    // Reading stdin costs more than the rest, and mostly the answer has all that it has.
    if (!statusline || !carriedKeys(statusline.rate_limits).some(isNew)) continue;
    const carried = sessionOf(statusline);
    const own = quotasOfSession(carried).filter(({ key }) => isNew(key));
    const seen = Date.parse(statusline.seen_at ?? "");
    const mark = JSON.stringify([carried.limits, carried.cost.apiDurationMs]);
    const before = marks.get(session);
    marks.set(session, mark);
    if (Number.isFinite(seen)) found.push(...own.map((quota) => ({ at: seen, quota })));
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

const carriedKeys = (rates: unknown): string[] =>
  typeof rates === "object" && rates !== null ? CARRIED.filter((key) => key in rates) : [];

/** The newest extra usage in usage records, with the time of its record; null where none has any, or a newer answer has none. */
export function extraIn(
  records: readonly LogRecord[],
  now = Infinity,
): (ExtraUsage & { readonly seenAt: number }) | null {
  for (const record of (records as readonly UsageRecord[]).toReversed()) {
    const seenAt = Date.parse(record.timestamp);
    const extra = extraUsageOf(record.usage_data);
    if (!isPast(seenAt, now)) continue;
    if (extra) return { ...extra, seenAt };
    if (quotasOf(record.usage_data).length > 0) return null;
  }
  return null;
}
