import type { LogRecord, RecordKind } from "../model/record.ts";

/** Where records go; an open sink is one. */
export interface OpenLog {
  append(kind: RecordKind, record: LogRecord): "written" | "known";
  read(kind: RecordKind, since: number): Iterable<LogRecord>;
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
}

/** What Claude Code is to be asked for. */
export interface Want {
  readonly usage: boolean;
  readonly status: boolean;
  /** Whether the session is known to run on a claude.ai plan, since it was given limits: an API key never is. */
  readonly onPlan?: boolean;
}

/** What came of asking Claude Code once. An answer may have come although something else failed. */
export interface Asked {
  readonly usage: UsageAnswer | null;
  readonly status: StatusAnswer | null;
  /** The first thing that went wrong: a sentence, and the start of the unusable answer with secrets blanked. */
  readonly failure: { readonly reason: string; readonly raw: string | null } | null;
  /** Milliseconds that it took altogether. */
  readonly wallMs: number;
}
