import { paceOf, type Pace, type Sample } from "../model/pace.ts";
import { extraUsageOf, holdsLimits, isPast, type Quota, quotasOf, quotasOfSession } from "../model/quota.ts";
import { heardSince, type Session } from "../model/session.ts";
import type { LoggerState, ObservedQuota } from "../model/state.ts";

/** Samples are kept this long, because the weekly pace looks back this far. */
const KEEP_MS = 25 * 3_600_000;
/** Samples older than this are thinned to one in 15 minutes. */
const DENSE_MS = 70 * 60_000;
const THIN_MS = 15 * 60_000;

/** The limits and the extra usage after a capture. */
export interface MergedLimits {
  readonly quotas: readonly ObservedQuota[];
  readonly extra: LoggerState["extra"];
}

/**
 * Merges the known limits with an answer of the program (`usage`, null if there is none) and the limits on a session's stdin. An
 * answer replaces all known limits. A value from stdin is as old as the session's last response and replaces older values; if
 * its age is unknown (no response yet, no duration), it is left out.
 */
export function mergeLimits(state: LoggerState, usage: unknown, session: Session | null, now: number): MergedLimits {
  const extra = extraUsageOf(usage);
  const before: MergedLimits = holdsLimits(usage)
    ? {
        quotas: quotasOf(usage).map((quota) => ({ ...quota, observedAt: now })),
        extra: extra && { ...extra, observedAt: now },
      }
    : {
        quotas: state.quotas.filter(({ observedAt }) => isPast(observedAt, now)),
        extra: state.extra && isPast(state.extra.observedAt, now) ? state.extra : null,
      };
  const known = new Map<string, ObservedQuota>(before.quotas.map((quota) => [quota.key, quota]));
  const respondedAt = session && heardSince(session, now);
  for (const quota of session ? quotasOfSession(session) : []) {
    const last = known.get(quota.key);
    if (respondedAt !== null && respondedAt > (last?.observedAt ?? 0))
      known.set(quota.key, { ...quota, observedAt: respondedAt });
  }
  return { quotas: [...known.values()], extra: before.extra };
}

/** Whether the line shows the pace of a limit. */
export const isPaced = ({ key }: Quota): boolean => key === "five_hour" || key === "seven_day";

/** Appends limits that are newer than the last sample of their key, drops expired samples and thins old ones. */
export function appendSamples(samples: readonly Sample[], quotas: readonly ObservedQuota[], now: number): Sample[] {
  const kept: Sample[] = [];
  for (const sample of samples.toReversed()) {
    if (sample.at > now || now - sample.at > KEEP_MS) continue;
    const next = kept.findLast((one) => one.quota.key === sample.quota.key);
    if (now - sample.at <= DENSE_MS || !next || next.at - sample.at >= THIN_MS) kept.push(sample);
  }
  const newest = (key: string): number => kept.find(({ quota }) => quota.key === key)?.at ?? now - KEEP_MS;
  const added = quotas
    .filter((quota) => isPaced(quota) && quota.observedAt > newest(quota.key))
    .map(({ key, percent, resetsAt, observedAt }): Sample => ({ at: observedAt, quota: { key, percent, resetsAt } }));
  return [...kept.toReversed(), ...added];
}

/** Returns the pace of the five-hour and the weekly window. */
export function paces(samples: readonly Sample[], now: number): Pace[] {
  return ["five_hour", "seven_day"]
    .map((key) =>
      paceOf(
        samples.filter(({ quota }) => quota.key === key),
        now,
      ),
    )
    .filter((pace) => pace !== null);
}
