import { z } from "zod";

/** A time in a log line. Log lines are JSON with snake_case names. */
const time = z.iso.datetime({ precision: 3 }).describe("ISO 8601 UTC with milliseconds");
const answer = z.record(z.string(), z.unknown());

/**
 * Usage counted by the ledger, beside the raw answer. All are null if the ledger was not queried or has not read all
 * files; older records lack them.
 */
const counted = {
  total_tokens: z
    .int()
    .nonnegative()
    .nullable()
    .exactOptional()
    .describe("tokens of all of Claude Code's responses on this machine since the last record that has a number here"),
  tokens: z
    .strictObject({
      input: z.int().nonnegative(),
      output: z.int().nonnegative(),
      cache_write_5m: z.int().nonnegative(),
      cache_write_1h: z.int().nonnegative(),
      cache_read: z.int().nonnegative(),
    })
    .nullable()
    .exactOptional()
    .describe("these tokens by class"),
  cost_micros: z
    .int()
    .nonnegative()
    .nullable()
    .exactOptional()
    .describe("their cost in micro-dollars; null if a model without a price was used"),
};

const base = {
  id: z.string().min(1).describe("unique; the same for every attempt at the same interval"),
  timestamp: time,
  session_id: z.string().nullable().describe("the user's session, not that of the capture"),
};

const sessionFields = {
  cwd: z.string().nullable().describe("the session's working directory, as PET_LOG_CWD allows"),
  model: z.string().nullable().describe("id of the session's model"),
  version: z.string().nullable().describe("version of the session's Claude Code"),
  source: z
    .enum(["control", "text", "statusline"])
    .describe("where the limits come from: the control protocol, the text of /usage, or the statusline's stdin"),
};

/** A line of usage.jsonl. */
const usageRecord = z.strictObject({
  ...base,
  ...sessionFields,
  usage_data: z
    .looseObject(counted)
    .describe(
      "the program's raw answer to get_usage, if it was asked; also total_tokens, tokens and cost_micros from the ledger",
    ),
  statusline: z
    .strictObject({
      rate_limits: z.unknown(),
      context_window: z.unknown(),
      cost: z.unknown(),
      seen_at: time
        .nullable()
        .exactOptional()
        .describe(
          "when the session last heard from the server, which is the age of these limits, else its start; null if neither is known",
        ),
    })
    .nullable()
    .describe(
      "what Claude Code passed to the statusline, and seen_at: when the session last received a response from the server; null without a session",
    ),
});

/** A line of status.jsonl. */
const statusRecord = z.strictObject({
  ...base,
  email: z.string().nullable().describe("the account's e-mail address, as PET_LOG_EMAIL allows"),
  ...sessionFields,
  status_data: answer.describe("the raw answers of get_status, auth status and doctor"),
  diagnostics: z
    .strictObject({
      warnings: z.array(z.string()),
      config_mismatches: z.array(z.string()),
      permissions: z.strictObject({
        auto_update: z.boolean().nullable().describe("null if the program did not report it"),
        requires_sudo: z.boolean().nullable().describe("null if the program did not report it"),
      }),
    })
    .describe("open findings of the report: sentences of warnings and config mismatches, and update permissions"),
});

/** A line of diagnostics.jsonl: one event of a finding. */
const diagnosticRecord = z.strictObject({
  ...base,
  diagnostic_type: z.string().describe("the type of the finding"),
  severity: z.enum(["error", "warning", "info"]).describe("error (something does not work), warning or info"),
  message: z.string().describe("the program's own sentence"),
  state: z.enum(["appeared", "changed", "resolved"]).describe("what happened to the finding since the last report"),
  details: answer.describe("fields that depend on the type; fix is the remedy"),
});

/** A line of limits.jsonl: the limits of one assistant other than Claude Code. */
const limitsRecord = z.strictObject({
  ...base,
  source: z.string().min(1).describe("name of the assistant, for example codex"),
  windows: z
    .array(
      z.strictObject({
        name: z.string().describe("the provider's name for the family of limits; empty if it has none"),
        window_minutes: z.number().positive(),
        used_percent: z.number().nonnegative(),
        resets_at: time,
        seen_at: time,
        plan: z.string().nullable(),
      }),
    )
    .describe(
      "the last state of each limit in the assistant's own files: name, length, percent, reset, time of the report, plan",
    ),
});

/** The schema of each kind of record. */
export const recordSchemas = {
  usage: usageRecord,
  status: statusRecord,
  diagnostics: diagnosticRecord,
  limits: limitsRecord,
} as const satisfies Record<string, z.ZodObject>;
