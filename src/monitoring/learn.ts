import { paceOf, type Pace, type Sample } from "../model/pace.ts";
import { extraUsageOf, holdsLimits, isPast, type Quota, quotasOf, quotasOfSession } from "../model/quota.ts";
import { heardSince, type Session } from "../model/session.ts";
import type { LoggerState, SeenQuota } from "../model/state.ts";

/** Samples are kept this long, which is as far as the weekly pace looks back. */
const KEEP_MS = 25 * 3_600_000;
/** Samples older than this are thinned to one in a quarter of an hour. */
const DENSE_MS = 70 * 60_000;
const THIN_MS = 15 * 60_000;

/** The limits after a record. */
export interface Learned {
  readonly quotas: readonly SeenQuota[];
  readonly extra: LoggerState["extra"];
}

/**
 * The limits after an answer of the program (null where it gave none) and after what a session's stdin carries. An answer
 * replaces what was known. A number of stdin is as old as the session's last response, and replaces what is older; one of
 * which that is not known (no response yet, no duration) may be of any age, and is left out.
 */
export function learn(state: LoggerState | null, usage: unknown, session: Session | null, now: number): Learned {
  const extra = extraUsageOf(usage);
  const before: Learned = holdsLimits(usage)
    ? {
        quotas: quotasOf(usage).map((quota) => ({ ...quota, seenAt: now })),
        extra: extra && { ...extra, seenAt: now },
      }
    : {
        quotas: state?.quotas.filter(({ seenAt }) => isPast(seenAt, now)) ?? [],
        extra: state?.extra && isPast(state.extra.seenAt, now) ? state.extra : null,
      };
  const known = new Map<string, SeenQuota>(before.quotas.map((quota) => [quota.key, quota]));
  const heard = session && heardSince(session, now);
  for (const quota of session ? quotasOfSession(session) : []) {
    const last = known.get(quota.key);
    if (heard !== null && heard > (last?.seenAt ?? 0)) known.set(quota.key, { ...quota, seenAt: heard });
  }
  return { quotas: [...known.values()], extra: before.extra };
}

/** Whether a limit is one whose pace the line shows. */
export const isPaced = ({ key }: Quota): boolean => key === "five_hour" || key === "seven_day";

/** The samples with those that are newer than the last of their limit added, and old ones thinned. */
export function remember(samples: readonly Sample[], quotas: readonly SeenQuota[], now: number): Sample[] {
  const kept: Sample[] = [];
  for (const sample of samples.toReversed()) {
    if (sample.at > now || now - sample.at > KEEP_MS) continue;
    const next = kept.findLast((one) => one.quota.key === sample.quota.key);
    if (now - sample.at <= DENSE_MS || !next || next.at - sample.at >= THIN_MS) kept.push(sample);
  }
  const newest = (key: string): number => kept.find(({ quota }) => quota.key === key)?.at ?? now - KEEP_MS;
  const fresh = quotas
    .filter((quota) => isPaced(quota) && quota.seenAt > newest(quota.key))
    .map(({ key, percent, resetsAt, seenAt }): Sample => ({ at: seenAt, quota: { key, percent, resetsAt } }));
  return [...kept.toReversed(), ...fresh];
}

/** The pace of the five-hour and the weekly window. */
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
