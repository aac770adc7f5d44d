import type { AccountLimitFact, FindingFact, Observed, StatusFact } from "../../model/fact.ts";
import type { AccountLimitObservation, FindingObservation, StatusObservation } from "../../model/log-observation.ts";
import { sorted } from "./order.ts";

/* Folds what our own log says. As in fold.ts, the order and the number of the observations do not matter. */

/**
 * Folds the readings of a window of an account's limit by any machines: the newest holds and is never added to another one. Of
 * two in the same millisecond the larger holds.
 */
export function foldAccountLimit(
  key: string,
  observed: readonly Observed<AccountLimitObservation>[],
): AccountLimitFact {
  const [newest] = sorted(
    "account-limit",
    observed,
    (a, b) => b.at - a.at,
    (a, b) => (b.usedPercent ?? 0) - (a.usedPercent ?? 0),
  );
  if (!newest) throw new Error(`no observation of ${key}`);
  return { ...newest.body, key, machine: newest.machine, source: newest.source };
}

/** Folds the events of a finding: whether it is open, since when, and how often and how long it was. */
export function foldFinding(key: string, observed: readonly Observed<FindingObservation>[]): FindingFact {
  const events = sorted("finding", observed, (a, b) => a.at - b.at);
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) throw new Error(`no observation of ${key}`);
  let open: number | null = null;
  let [since, times, closedMs] = [first.body.at, 0, 0];
  for (const { body } of events) {
    if (body.state === "resolved") {
      closedMs += open === null ? 0 : body.at - open;
      open = null;
    } else if (open === null) {
      open = since = body.at;
      times++;
    }
  }
  const { scope, type, severity, message, fix } = last.body;
  return {
    key,
    machine: last.machine,
    source: last.source,
    scope,
    type,
    severity,
    message,
    fix,
    first: first.body.at,
    since,
    last: last.body.at,
    isOpen: open !== null,
    times,
    closedMs,
  };
}

/** Folds the states of a way of signing in: the newest holds. */
export function foldStatus(key: string, observed: readonly Observed<StatusObservation>[]): StatusFact {
  const [newest] = sorted("status", observed, (a, b) => b.at - a.at);
  if (!newest) throw new Error(`no observation of ${key}`);
  return { ...newest.body, key, machine: newest.machine, source: newest.source };
}
