import type { Bodies, Kind } from "../../model/observation.ts";
import { isTime } from "../../utils/json.ts";

const DAY_MS = 86_400_000;

/** The time of an observation in epoch milliseconds; 0 if it has none. */
export function timeOf(body: unknown): number {
  const { at, ended, first } = body as { readonly at?: unknown; readonly ended?: unknown; readonly first?: unknown };
  const time = at ?? ended ?? first;
  return typeof time === "number" ? time : 0;
}

/** The number of days since 1970 of an observation's time. */
export const dayOf = (body: unknown): number => Math.floor(timeOf(body) / DAY_MS);

/**
 * Whether all times of an observation are possible. Others are damaged and no report can put them on a day; a ledger
 * that an older version filled may hold some.
 */
export function hasPossibleTimes(kind: Kind, body: unknown): boolean {
  switch (kind) {
    case "response":
    case "rest":
    case "total":
    case "running-total":
      return isTime((body as Bodies["response"]).at);
    case "action": {
      const { at, ended } = body as Bodies["action"];
      return isTime(at ?? 0) && isTime(ended ?? 0);
    }
    case "session": {
      const { first, last } = body as Bodies["session"];
      return isTime(first) && isTime(last);
    }
    case "limit":
    case "account-limit": {
      const { at, resetsAt } = body as Bodies[typeof kind];
      return isTime(at) && isTime(resetsAt ?? 0);
    }
    case "finding":
    case "status":
      return isTime((body as Bodies[typeof kind]).at);
    case "cost-state":
    case "day":
    case "worktree":
      return true;
  }
}
