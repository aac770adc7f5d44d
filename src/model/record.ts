import type { z } from "zod";
import { text } from "../utils/json.ts";
import { scopeOf } from "./record-ids.ts";
import type { recordSchemas } from "./record-schema.ts";

/** The kinds of record in the order of their tables; each names its log file. */
export const recordKinds = ["usage", "status", "diagnostics", "limits"] as const satisfies readonly RecordKind[];
/** A kind of record. */
export type RecordKind = keyof typeof recordSchemas;

/** A record of one kind. The schemas are in a separate file because loading them takes longer than reading a log. */
export type RecordOf<Kind extends RecordKind> = z.infer<(typeof recordSchemas)[Kind]>;

/** A line of usage.jsonl. */
export type UsageRecord = RecordOf<"usage">;
/** A line of status.jsonl. */
export type StatusRecord = RecordOf<"status">;
/** A line of diagnostics.jsonl: one event of a finding. */
export type DiagnosticRecord = RecordOf<"diagnostics">;
/** A line of limits.jsonl: the limits of one assistant other than Claude Code. */
export type LimitsRecord = RecordOf<"limits">;
/** A record of any kind. */
export type LogRecord = UsageRecord | StatusRecord | DiagnosticRecord | LimitsRecord;

/** A record read from the log, with its account (Places.scope), "" if it names none. Only the code has this field. */
export type LoggedRecord<R extends LogRecord = LogRecord> = R & { readonly scope: string };

/** Adds the account to a record of the log, from the end of its id. Another program may have written the line, with any id. */
export function loggedRecord<R extends LogRecord>(record: R): LoggedRecord<R> {
  return { ...record, scope: scopeOf(text(record.id)) };
}

/**
 * Source name of the assistant whose limits, five-hour windows and findings are in the log. Of other assistants the log
 * contains limits only.
 */
export const LOGGED_ASSISTANT = "claude-code";
