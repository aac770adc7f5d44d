import type { z } from "zod";
import type { recordSchemas } from "./record-schema.ts";

/** Names of the kinds of record, in the order of the tables; a file is called after each. */
export const recordKinds = ["usage", "status", "diagnostics", "limits"] as const satisfies readonly RecordKind[];
/** Name of a kind of record. */
export type RecordKind = keyof typeof recordSchemas;

/** A record of some kind. Its schema is a file of its own: loading it takes longer than reading a log. */
export type RecordOf<Kind extends RecordKind> = z.infer<(typeof recordSchemas)[Kind]>;

/** A line of usage.jsonl. */
export type UsageRecord = RecordOf<"usage">;
/** A line of status.jsonl. */
export type StatusRecord = RecordOf<"status">;
/** A line of diagnostics.jsonl: what became of one finding. */
export type DiagnosticRecord = RecordOf<"diagnostics">;
/** A line of limits.jsonl: the limits of one assistant other than Claude Code. */
export type LimitsRecord = RecordOf<"limits">;
/** A record of any kind. */
export type LogRecord = UsageRecord | StatusRecord | DiagnosticRecord | LimitsRecord;

/** The assistant, by the name of its source, whose limits, five-hour windows and findings stand in the log: other assistants have limits in it alone. */
export const LOGGED_ASSISTANT = "claude-code";
