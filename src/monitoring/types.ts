import type { LoggedRecord, LogRecord, RecordKind } from "../model/record.ts";
import type { LimitObservation } from "../model/observation.ts";
import type { AssistantLimits, Spent } from "../model/state.ts";
import type { Tokens } from "../model/tokens.ts";
import type { Clock } from "../utils/clock.ts";
import type { Settings } from "../utils/config.ts";
import type { Logger } from "../utils/log.ts";
import type { LogFiles } from "./LogFiles.ts";

/** The records of a log. Only the holder of its lock may append. */
export interface OpenLog {
  /** Writes one record durably; returns "known" if a record with its id already exists. Throws if writing fails. */
  append(kind: RecordKind, record: LogRecord): "written" | "known";
  /** Returns the records of a kind with a timestamp of at least `since` (epoch milliseconds), oldest first. */
  read(kind: RecordKind, since: number): Iterable<LoggedRecord>;
  /** Returns a sentence if records could not be copied to the second store; else null. */
  problem?(): string | null;
}

/** The limits: the raw answer to `get_usage`, or the text of /usage parsed into the same shape. */
export interface UsageAnswer {
  readonly source: "control" | "text";
  readonly data: Record<string, unknown>;
}

/** The raw answers for a status record; null for a missing one. */
export interface StatusAnswer {
  /** Answer to `get_status`: { sections: [{ title, rows: [{ label, value }] }] }. 2.1.170 does not support it. */
  readonly get_status: unknown;
  /** The output of `claude auth status`: loggedIn, authMethod, email, ... */
  readonly auth_status: unknown;
  /** The text of `claude doctor`; null if it is not a report (2.1.170 prints one only to a terminal). */
  readonly doctor: string | null;
  /**
   * Whether our own check found the program's npm folder writable; null if it is not installed with npm. Present only if the
   * variable that prevents doctor from sending requests made it report automatic updates as disabled and skip its own check.
   */
  readonly updates_writable?: boolean | null;
}

/** What to query from Claude Code. */
export interface ClaudeRequest {
  readonly usage: boolean;
  readonly status: boolean;
  /** Whether the session is known to run on a claude.ai plan, because it has limits; with an API key it never has. */
  readonly onPlan?: boolean;
}

/** The result of one query of Claude Code. There may be answers although something else failed. */
export interface ClaudeAnswers {
  readonly usage: UsageAnswer | null;
  readonly status: StatusAnswer | null;
  /** The first failure: a sentence, and the start of the unusable answer with secrets redacted. */
  readonly failure: { readonly reason: string; readonly raw: string | null } | null;
  /** Total duration, milliseconds. */
  readonly wallMs: number;
}

/**
 * Claude Code's usage in an interval, as in the ledger at the time of the query. Epoch milliseconds; `until` is
 * exclusive and the time of the query.
 */
export interface UsageWindow {
  readonly from: number;
  readonly until: number;
  readonly tokens: Tokens;
  /** Micro-dollars of the priced tokens, and the number of tokens without a price. */
  readonly micros: number;
  readonly unpriced: number;
}

/** The usage in one usage record. Micro-dollars are null if a model without a price was used. */
export interface UsageDelta {
  readonly tokens: Tokens;
  readonly micros: number | null;
}

/** The newest limits of one assistant other than Claude Code, from its own files. */
export interface AssistantLimitRows {
  /** Name of the assistant in the registry of sources. */
  readonly source: string;
  /** Observation time of the newest window, epoch milliseconds. */
  readonly at: number;
  readonly windows: readonly LimitObservation[];
}

/** The result of one query of the ledger. */
export interface UsageSnapshot {
  readonly delta: UsageDelta;
  /** The base of the next delta. */
  readonly window: UsageWindow;
  readonly spent: Spent;
  readonly limits: readonly AssistantLimitRows[];
  /** The limits that the line shows; null if the newest session is of Claude Code, or none of its limits is open. */
  readonly assistant: AssistantLimits | null;
}

/** Counts tokens; implemented by UsageAccounting. */
export interface Accounting {
  /**
   * Returns what Claude Code used since the last usage window, at `now` (epoch milliseconds); null if the ledger is behind the
   * files and has only a part. May throw any database error.
   */
  collect(last: UsageWindow, now: number): Promise<UsageSnapshot | null>;
}

/** Queries Claude Code; implemented by CommandExecutor. */
export interface ClaudeClient {
  ask(request: ClaudeRequest): Promise<ClaudeAnswers>;
}

/** The dependencies of a recorder, of which each of its steps takes some. */
export interface RecorderOptions {
  readonly files: LogFiles;
  readonly scope: string;
  readonly settings: Settings;
  readonly home: string;
  readonly realHome?: string | undefined;
  /** Values that no record may contain (redact-secrets.ts: secretValues). */
  readonly secrets?: readonly string[];
  readonly clock: Clock;
  readonly log: OpenLog;
  /** Null if Claude Code was not found. */
  readonly client: ClaudeClient | null;
  /** Undefined if tokens are not counted; a later record then includes them. */
  readonly accounting?: Accounting | undefined;
  readonly messages: Logger;
  /** Returns the bytes available to this user on the file system of a path. */
  freeBytes(path: string): number;
}
