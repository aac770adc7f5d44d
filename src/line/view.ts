import { newer, quotasOfSession, sameAccount } from "../model/quota.ts";
import type { Session } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import type { Limit, View } from "../segments/contract.ts";
import type { Settings } from "../utils/config.ts";
import type { Look } from "../utils/terminal.ts";
import type { Branch } from "./branch.ts";

/** What a view is made of. */
export interface Ingredients {
  readonly now: number;
  readonly session: Session;
  readonly state: LoggerState | null;
  readonly branch: Branch | null;
  readonly trouble: string | null;
  readonly settings: Settings;
  readonly look: Look;
}

/**
 * The view of a session: its own numbers, and from the log only what can be of the same account; the ledger is that of the
 * whole machine. Of a limit that both
 * know, the newer sighting is taken; a session that idles goes on handing out its old one.
 */
export function viewOf({ now, session, state, branch, trouble, settings, look }: Ingredients): View {
  const own = quotasOfSession(session);
  const logged = state && sameAccount(own, state.quotas, now) ? state : null;
  const limits = new Map<string, Limit>(own.map((quota) => [quota.key, { ...quota, seenAt: null }]));
  for (const quota of logged?.quotas ?? []) {
    const known = limits.get(quota.key);
    if (!known || newer(known, quota) === quota) limits.set(quota.key, quota);
  }
  return {
    now,
    session,
    limits: [...limits.values()],
    extra: logged?.extra ?? null,
    pace: logged?.pace ?? [],
    spent: state?.spent ?? null,
    assistant: state?.assistant ?? null,
    findings: state?.findings ?? [],
    branch,
    trouble,
    staleAfter: 2 * settings.usageInterval,
    pack: settings.pack,
    look,
  };
}
