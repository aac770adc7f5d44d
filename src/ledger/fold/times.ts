import type { Bodies, Kind } from "../../model/observation.ts";
import { isTime } from "../../utils/json.ts";

/**
 * Whether all times of an observation are possible. Others are damaged and no report can put them on a day; a ledger
 * that an older version filled may hold some.
 */
export function hasPossibleTimes(kind: Kind, body: unknown): boolean {
  switch (kind) {
    case "response":
    case "rest":
      return isTime((body as Bodies["response"]).at);
    case "action": {
      const { at, ended } = body as Bodies["action"];
      return isTime(at ?? 0) && isTime(ended ?? 0);
    }
    case "session": {
      const { first, last } = body as Bodies["session"];
      return isTime(first) && isTime(last);
    }
    case "limit": {
      const { at, resetsAt } = body as Bodies["limit"];
      return isTime(at) && isTime(resetsAt);
    }
    case "cost-state":
    case "day":
    case "worktree":
      return true;
  }
}
