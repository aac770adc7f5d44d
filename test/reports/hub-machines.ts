import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import {
  type AccountLimitObservation,
  type FindingObservation,
  logKeys,
  LOG_SOURCE,
  type StatusObservation,
} from "../../src/model/log-observation.ts";
import type { Observation } from "../../src/model/observation.ts";
import type { ReportMember } from "../../src/reports/shared/report.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";
import { NOW } from "./sample.ts";
import { OPUS } from "./sample-work.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** The reset of the open five-hour window: it began at 07:00 UTC. */
export const RESET = NOW + 2 * HOUR;
/** Accounts as they are on the wire. */
export const [ANN, BOB] = ["h-AnnAnnAnnAnnAnnAnnAnnA", "h-BobBobBobBobBobBobBobB"];

/** A machine of the hub. */
export const member = (machine: string, person: string, change: Partial<ReportMember> = {}): ReportMember => ({
  machine,
  name: machine.replace("id-", ""),
  person,
  seen: NOW - MINUTE,
  program: "0.2.0",
  level: "metrics",
  pending: {},
  late: 0,
  refused: 0,
  platform: "linux",
  skew: 0,
  revoked: null,
  conflict: null,
  ...change,
});

/** A reading of a limit of an account. */
export function reading(at: number, usedPercent: number, change: Partial<AccountLimitObservation> = {}): Observation {
  const body: AccountLimitObservation = {
    at,
    account: ANN ?? "",
    scope: "h-scope",
    name: "five_hour",
    usedPercent,
    resetsAt: RESET,
    plan: "max",
    spent: null,
    spendLimit: null,
    currency: null,
    period: null,
    decimals: null,
    ...change,
  };
  return { kind: "account-limit", key: logKeys["account-limit"](body), body };
}

/** A status of a machine. */
export function signedIn(account: string, change: Partial<StatusObservation> = {}): Observation {
  const body: StatusObservation = {
    at: NOW - HOUR,
    account,
    scope: "h-scope",
    version: "2.1.300",
    plan: "max",
    requiresSudo: false,
    ...change,
  };
  return { kind: "status", key: logKeys.status(body), body };
}

/** An event of a finding. */
export function event(at: number, state: string, change: Partial<FindingObservation> = {}): Observation {
  const body: FindingObservation = {
    at,
    scope: "h-scope",
    finding: "h-finding",
    type: "permission_rules",
    severity: "warning",
    state,
    message: 'Rule "Bash(rm:*)" can never match',
    fix: null,
    ...change,
  };
  return { kind: "finding", key: logKeys.finding(body), body };
}

/** A response of Claude Code with some output tokens. */
export const used = (id: string, at: number, output: number, session = id): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: {
    ...plainResponse,
    session,
    at,
    output,
    input: 0,
    cacheRead: 0,
    cacheWrite: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    model: OPUS,
  },
});

/** A use of a tool. */
export const tool = (id: string, ok: boolean): Observation => ({
  kind: "action",
  key: `action:${id}`,
  body: { ...plainAction, session: "s", at: NOW - HOUR, ok },
});

/** A ledger of several machines. */
export class MachinesLedger implements Disposable {
  readonly ledger = new Ledger(":memory:", () => "hub");

  add(machine: string, observations: readonly Observation[], source = "claude-code"): this {
    const entries = prepare(machine, source, observations);
    const sender = { id: machine, name: machine, born: 1 };
    this.ledger.ingest({ machine: sender, source, entries, skipped: [], restarted: [], files: [] });
    return this;
  }

  log = (machine: string, ...observations: readonly Observation[]): this => this.add(machine, observations, LOG_SOURCE);

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
  }
}
