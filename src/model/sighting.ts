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
    found.push(...answered.map((quota) => ({ at, quota })));
    const { statusline, session_id: session } = record;
    if (!statusline) continue;
    const carried = sessionOf(statusline);
    const own = quotasOfSession(carried).filter(({ key }) => answered.every((one) => one.key !== key));
    const seen = Date.parse(statusline.seen_at ?? "");
    const mark = JSON.stringify([carried.limits, carried.cost.apiDurationMs]);
    const before = marks.get(session);
    marks.set(session, mark);
    if (Number.isFinite(seen)) found.push(...own.map((quota) => ({ at: seen, quota })));
    else if (before !== mark) (before === undefined ? undated : found).push(...own.map((quota) => ({ at, quota })));
  }
  const dated = new Set(found.map(({ quota }) => quota.key));
  return [...found, ...undated.filter(({ quota }) => !dated.has(quota.key))]
    .filter(({ at }) => isPast(at, now))
    .toSorted((a, b) => a.at - b.at);
}

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
