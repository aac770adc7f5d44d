/*
 * What our own log says, as observations: a machine that sends its journal to a hub reads its log too. Texts that name a
 * person, a directory or a finding are `identities`: they leave the machine as keyed hashes only, at every level.
 */

/** The source of these observations: the journal has it with each of them. */
export const LOG_SOURCE = "pawprint";

/** A reading of a limit of Claude Code. One key stands for one window of an account, whatever machines have read it. */
export interface AccountLimitObservation {
  /** When the provider reported it, epoch milliseconds: the newest reading counts. */
  readonly at: number;
  /** The account as the log has it: the e-mail address in lower case, or its hash; empty if the log names none. */
  readonly account: string;
  /** The way of signing in and the configuration directory: Places.scope. */
  readonly scope: string;
  /** "five_hour", "seven_day", "spend_limit", "extra_usage", or "model:<name>" for a weekly limit of one model. */
  readonly name: string;
  /** Null where only amounts are known. */
  readonly usedPercent: number | null;
  /** Epoch milliseconds; null if not reported. */
  readonly resetsAt: number | null;
  /** The subscription, such as "max"; empty if not reported. */
  readonly plan: string;
  /** The amounts behind a spend limit or extra usage, in units of the currency; null if not reported. */
  readonly spent: number | null;
  readonly spendLimit: number | null;
  readonly currency: string | null;
  /** "daily", "weekly" or "monthly"; null if not reported. */
  readonly period: string | null;
  /** Decimal places of the currency; null for the usual two. */
  readonly decimals: number | null;
}

/** An event of a finding about the installation: a finding that appeared, changed or was resolved. */
export interface FindingObservation {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly scope: string;
  /** Identifies the finding over time, whatever numbers its sentence contains. */
  readonly finding: string;
  /** The type of the finding, such as "permission_warning". */
  readonly type: string;
  /** "error", "warning" or "info". */
  readonly severity: string;
  /** "appeared", "changed" or "resolved". */
  readonly state: string;
  /** The sentence and the remedy of the program, which may contain paths; empty and null if they are left out. */
  readonly message: string;
  readonly fix: string | null;
}

/** The account, plan and version of Claude Code on a machine. */
export interface StatusObservation {
  /** Epoch milliseconds: the newest observation counts. */
  readonly at: number;
  /** As in AccountLimitObservation. */
  readonly account: string;
  readonly scope: string;
  /** The version of Claude Code; empty if not reported. */
  readonly version: string;
  readonly plan: string;
  /** Whether updates of the program need the root user; null if that is not known. */
  readonly requiresSudo: boolean | null;
}

/** The body of each kind of observation from our own log. */
export interface LogBodies {
  readonly "account-limit": AccountLimitObservation;
  readonly finding: FindingObservation;
  readonly status: StatusObservation;
}

/** Kinds of observations from our own log. */
export type LogKind = keyof LogBodies;

/** The fields of each kind that leave a machine as keyed hashes only. Empty texts stay empty. */
export const identities = {
  "account-limit": ["account", "scope"],
  finding: ["scope", "finding"],
  status: ["account", "scope"],
} as const satisfies { readonly [K in LogKind]: readonly (keyof LogBodies[K])[] };

const MINUTE_MS = 60_000;

/**
 * How the key of an observation begins, as a function of its body; what belongs to one machine only has that machine's id
 * behind it. Sources round the reset of a window differently, so the key has it in minutes.
 */
export const logKeys: { readonly [K in LogKind]: (body: LogBodies[K]) => string } = {
  "account-limit": ({ account, scope, name, resetsAt }) =>
    `account-limit:${account}:${account === "" ? scope : ""}:${Math.round((resetsAt ?? 0) / MINUTE_MS)}:${name}`,
  finding: ({ scope, finding }) => `finding:${scope}:${finding}`,
  status: ({ scope }) => `status:${scope}`,
};

/** Whether a key or kind is of our own log. */
export const isLogKind = (kind: string): kind is LogKind => Object.hasOwn(logKeys, kind);
