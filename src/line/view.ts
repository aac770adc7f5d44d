import type { Pace } from "../model/pace.ts";
import { hasDropped, isPast, quotasOfSession, sameWindow, withKey } from "../model/quota.ts";
import { heardSince, type Session } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import type { ShownLimit, View } from "../segments/contract.ts";
import type { Settings } from "../utils/config.ts";
import type { Style } from "../utils/terminal.ts";
import type { Branch } from "./branch.ts";

/** The data that a view is built from. */
export interface ViewInput {
  readonly now: number;
  readonly session: Session;
  readonly state: LoggerState | null;
  readonly branch: Branch | null;
  readonly problem: string | null;
  readonly settings: Settings;
  readonly style: Style;
}

/**
 * Builds the view of a session. Each limit is the newer of the session's reading and the log's, whether larger or smaller. An
 * idle session keeps reporting its old value, so the session's reading is used only if it is known to be newer.
 */
export function viewOf({ now, session, state, branch, problem, settings, style }: ViewInput): View {
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
    problem,
    staleAfter: 2 * settings.usageInterval,
    pack: settings.pack,
    modelNames: settings.modelNames,
    style,
  };
}

function limitsOf(session: Session, state: LoggerState | null, now: number): ShownLimit[] {
  const since = heardSince(session, now);
  const limits: ShownLimit[] = [];
  const indexes = new Map<string, number>();
  for (const quota of quotasOfSession(session)) {
    indexes.set(quota.key, limits.length);
    limits.push({ ...quota, observedAt: session.heardAt });
  }
  for (const quota of state?.quotas ?? []) {
    const isOlder = !isPast(quota.observedAt, now) || (since !== null && since > quota.observedAt);
    const index = indexes.get(quota.key);
    if (index === undefined) indexes.set(quota.key, limits.push(quota) - 1);
    else if (!isOlder) limits[index] = quota;
  }
  return limits;
}

function paceOf(state: LoggerState, limits: readonly ShownLimit[]): Pace[] {
  const found: Pace[] = [];
  for (const pace of state.pace) if (isPaceCurrent(pace, state, limits)) found.push(pace);
  return found;
}

/** Whether the shown limit still belongs to the window that the log computed the pace for, and has not fallen since. */
function isPaceCurrent({ key, resetsAt }: Pace, { quotas }: LoggerState, limits: readonly ShownLimit[]): boolean {
  const logged = withKey(quotas, key);
  const shown = withKey(limits, key);
  if (!logged || !shown) return true;
  return sameWindow({ ...logged, resetsAt }, shown) && !hasDropped(logged.percent, shown.percent);
}
