import type { LogRecord, RecordKind } from "../model/record.ts";
import type { LimitObservation } from "../model/observation.ts";
import type { AssistantLimits, Spent } from "../model/state.ts";
import type { Tokens } from "../model/tokens.ts";

/** Where records go; an open sink is one. */
export interface OpenLog {
  append(kind: RecordKind, record: LogRecord): "written" | "known";
  read(kind: RecordKind, since: number): Iterable<LogRecord>;
  problem?(): string | null;
}

/** What was learned of the limits: the raw answer to `get_usage`, or what the text of /usage says in the same shape. */
export interface UsageAnswer {
  readonly source: "control" | "text";
  readonly data: Record<string, unknown>;
}

/** The raw answers of which a status record is made; null for one that did not come. */
export interface StatusAnswer {
  /** Answer to `get_status`: { sections: [{ title, rows: [{ label, value }] }] }. 2.1.170 does not know it. */
  readonly get_status: unknown;
  /** What `claude auth status` prints: loggedIn, authMethod, email, ... */
  readonly auth_status: unknown;
  /** The text of `claude doctor`; null when it is no report (2.1.170 prints one only to a terminal). */
  readonly doctor: string | null;
  /**
   * Whether the npm folder that the program is installed in can be written, by our own look; null when it is installed
   * otherwise. Present only where the variable that keeps doctor from sending requests made it report automatic updates as
   * disabled, and thereby kept it from looking itself.
   */
  readonly updates_writable?: boolean | null;
}

/** What Claude Code is to be asked for. */
export interface ClaudeRequest {
  readonly usage: boolean;
  readonly status: boolean;
  /** Whether the session is known to run on a claude.ai plan, since it was given limits: an API key never is. */
  readonly onPlan?: boolean;
}

/** What came of asking Claude Code once. An answer may have come although something else failed. */
export interface ClaudeAnswers {
  readonly usage: UsageAnswer | null;
  readonly status: StatusAnswer | null;
  /** The first thing that went wrong: a sentence, and the start of the unusable answer with secrets blanked. */
  readonly failure: { readonly reason: string; readonly raw: string | null } | null;
  /** Milliseconds that it took altogether. */
  readonly wallMs: number;
}

/** What the ledger held of Claude Code's in a stretch of time when it was asked. Epoch milliseconds, `until` exclusive and the time of asking. */
export interface UsageWindow {
  readonly from: number;
  readonly until: number;
  readonly tokens: Tokens;
  /** Micro-dollars of all that has a price, and how many tokens have none. */
  readonly micros: number;
  readonly unpriced: number;
}

/** What one usage record tells of the ledger. Micro-dollars are null where a model without a price took part. */
export interface UsageDelta {
  readonly tokens: Tokens;
  readonly micros: number | null;
}

/** The limits of one assistant other than Claude Code, as its own files told them last. */
export interface AssistantLimitRows {
  /** The assistant, by its name on the shelf of sources. */
  readonly source: string;
  /** When the newest of them was told, epoch milliseconds. */
  readonly at: number;
  readonly windows: readonly LimitObservation[];
}

/** What came of asking the ledger. */
export interface UsageSnapshot {
  readonly used: UsageDelta;
  /** What the next record goes by. */
  readonly window: UsageWindow;
  readonly spent: Spent;
  readonly limits: readonly AssistantLimitRows[];
  /** What the line shows of them; null where the newest session is Claude Code's own, or none of its limits is open. */
  readonly assistant: AssistantLimits | null;
}

/** What counts tokens; Accountant is one. */
export interface Accounting {
  /**
   * What Claude Code used since the last reckoning, at `now` (epoch milliseconds); null where the ledger is behind the files, so
   * that only a part could be told. May throw whatever a database throws.
   */
  collect(last: UsageWindow, now: number): Promise<UsageSnapshot | null>;
}
