import type { Pace } from "../model/pace.ts";
import { hasFallen, isPast, quotasOfSession, sameWindow, withKey } from "../model/quota.ts";
import { heardSince, type Session } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import type { Limit, View } from "../segments/contract.ts";
import type { Settings } from "../utils/config.ts";
import type { Style } from "../utils/terminal.ts";
import type { Branch } from "./branch.ts";

/** What a view is made of. */
export interface Ingredients {
  readonly now: number;
  readonly session: Session;
  readonly state: LoggerState | null;
  readonly branch: Branch | null;
  readonly trouble: string | null;
  readonly settings: Settings;
  readonly look: Style;
}

/**
 * The view of a session. Of each limit the newest sighting is taken, of the session itself or of the log, larger or smaller; a
 * session that idles goes on handing out its old one, so that its own wins only where it is known to be newer.
 */
export function viewOf({ now, session, state, branch, trouble, settings, look }: Ingredients): View {
  const limits = limitsOf(session, state, now);
  return {
    now,
    session,
    limits,
    extra: state?.extra ?? null,
    pace: state === null ? [] : paceOf(state, limits),
    spent: state?.spent ?? null,
    assistant: state?.assistant ?? null,
    findings: state?.findings ?? [],
    branch,
    trouble,
    staleAfter: 2 * settings.usageInterval,
    pack: settings.pack,
    modelNames: settings.modelNames,
    look,
  };
}

function limitsOf(session: Session, state: LoggerState | null, now: number): Limit[] {
  const since = heardSince(session, now);
  const limits: Limit[] = [];
  const places = new Map<string, number>();
  for (const quota of quotasOfSession(session)) {
    places.set(quota.key, limits.length);
    limits.push({ ...quota, seenAt: session.heardAt });
  }
  for (const quota of state?.quotas ?? []) {
    const isOlder = !isPast(quota.seenAt, now) || (since !== null && since > quota.seenAt);
    const place = places.get(quota.key);
    if (place === undefined) places.set(quota.key, limits.push(quota) - 1);
    else if (!isOlder) limits[place] = quota;
  }
  return limits;
}

function paceOf(state: LoggerState, limits: readonly Limit[]): Pace[] {
  const found: Pace[] = [];
  for (const pace of state.pace) if (holds(pace, state, limits)) found.push(pace);
  return found;
}

/** Whether the limit that is shown goes on from where the log took its pace. */
function holds({ key, resetsAt }: Pace, { quotas }: LoggerState, limits: readonly Limit[]): boolean {
  const logged = withKey(quotas, key);
  const shown = withKey(limits, key);
  if (!logged || !shown) return true;
  return sameWindow({ ...logged, resetsAt }, shown) && !hasFallen(logged.percent, shown.percent);
}
