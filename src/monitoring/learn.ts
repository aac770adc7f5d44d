import { paceOf, type Pace, type Sample } from "../model/pace.ts";
import { extraUsageOf, newer, type Quota, quotasOf, quotasOfSession, sameAccount, sameWindow } from "../model/quota.ts";
import type { Session } from "../model/session.ts";
import type { LoggerState, SeenQuota } from "../model/state.ts";

/** Samples are kept this long, which is as far as the weekly pace looks back. */
const KEEP_MS = 25 * 3_600_000;
/** Samples older than this are thinned to one in a quarter of an hour. */
const DENSE_MS = 70 * 60_000;
const THIN_MS = 15 * 60_000;

/** What a record's time taught us of the limits. */
export interface Learned {
  readonly quotas: readonly SeenQuota[];
  readonly extra: LoggerState["extra"];
}

/**
 * The limits after an answer of the program (null where it gave none) and after what the session's stdin carries. An
 * answer replaces what was known. A stdin number counts as learned now only where it is newer than that, because an idle
 * session goes on handing out its old one, and only where both can be of one account.
 */
export function learn(state: LoggerState | null, usage: unknown, session: Session | null, now: number): Learned {
  const answered = quotasOf(usage).map((quota): SeenQuota => ({ ...quota, seenAt: now }));
  const own = session ? quotasOfSession(session) : [];
  const extra = extraUsageOf(usage);
  const before: Learned | null =
    answered.length > 0 ? { quotas: answered, extra: extra ? { ...extra, seenAt: now } : null } : state;
  if (!before || !sameAccount(own, before.quotas, now)) {
    return answered.length > 0 && before
      ? before
      : { quotas: own.map((quota) => ({ ...quota, seenAt: now })), extra: null };
  }
  const known = new Map<string, SeenQuota>(before.quotas.map((quota) => [quota.key, quota]));
  for (const quota of own) {
    const last = known.get(quota.key);
    if (!last || (newer(last, quota) === quota && !equal(last, quota))) known.set(quota.key, { ...quota, seenAt: now });
  }
  return { quotas: [...known.values()], extra: before.extra };
}

const equal = (a: Quota, b: Quota): boolean => a.percent === b.percent && sameWindow(a, b);

/** The samples with those of now added and old ones thinned; only what was learned now is a sample. */
export function remember(samples: readonly Sample[], quotas: readonly SeenQuota[], now: number): Sample[] {
  const fresh = quotas
    .filter(({ key, seenAt }) => seenAt === now && (key === "five_hour" || key === "seven_day"))
    .map(({ key, percent, resetsAt }): Sample => ({ at: now, quota: { key, percent, resetsAt } }));
  const kept: Sample[] = [];
  for (const sample of samples.toReversed()) {
    if (sample.at > now || now - sample.at > KEEP_MS) continue;
    const next = kept.findLast((one) => one.quota.key === sample.quota.key);
    if (now - sample.at <= DENSE_MS || !next || next.at - sample.at >= THIN_MS) kept.push(sample);
  }
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
