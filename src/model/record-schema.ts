import { z } from "zod";

/** One line of the log, JSON on disk, snake_case; times are ISO 8601 UTC with milliseconds. */
const time = z.iso.datetime({ precision: 3 }).describe("ISO 8601 UTC with milliseconds");
const answer = z.record(z.string(), z.unknown());

/** What the ledger counted, beside the raw answer. All null where it was not asked or is behind its files; older records have none. */
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
    .describe("the same by class"),
  cost_micros: z
    .int()
    .nonnegative()
    .nullable()
    .exactOptional()
    .describe("what they cost in micro-dollars; null where a model without a price took part"),
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
    .describe("where the limits come from: the control protocol, the text of /usage, or the statusline's own stdin"),
};

/** A line of usage.jsonl. */
const usageRecord = z.strictObject({
  ...base,
  ...sessionFields,
  usage_data: z
    .looseObject(counted)
    .describe(
      "the program's raw answer to get_usage, none where it was not asked; and of the ledger total_tokens, tokens by class and cost_micros since the last record that has them, null where the ledger is behind",
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
          "when the session last heard from the server, which is how old these limits are, else its start; null where neither is known",
        ),
    })
    .nullable()
    .describe(
      "as the statusline was given them, and seen_at, when the session last heard them; null without a session",
    ),
});

/** A line of status.jsonl. */
const statusRecord = z.strictObject({
  ...base,
  email: z.string().nullable().describe("the account's address, as PET_LOG_EMAIL allows"),
  ...sessionFields,
  status_data: answer.describe("the raw answers of get_status, auth status and doctor"),
  diagnostics: z.strictObject({
    warnings: z.array(z.string()),
    config_mismatches: z.array(z.string()),
    permissions: z.strictObject({
      auto_update: z.boolean().nullable().describe("null where the program did not report"),
      requires_sudo: z.boolean().nullable().describe("null where the program did not report"),
    }),
  }),
});

/** A line of diagnostics.jsonl: what became of one finding. */
const diagnosticRecord = z.strictObject({
  ...base,
  diagnostic_type: z.string(),
  severity: z.enum(["error", "warning", "info"]),
  message: z.string(),
  state: z.enum(["appeared", "changed", "resolved"]),
  details: answer,
});

/** A line of limits.jsonl: the limits of one assistant other than Claude Code. */
const limitsRecord = z.strictObject({
  ...base,
  source: z.string().min(1).describe("name of the assistant, for instance codex"),
  windows: z
    .array(
      z.strictObject({
        name: z.string().describe("family of limits as the provider names it; empty where it has no name"),
        window_minutes: z.number().positive(),
        used_percent: z.number().nonnegative(),
        resets_at: time,
        seen_at: time,
        plan: z.string().nullable(),
      }),
    )
    .describe(
      "each limit as the assistant's own files told it last: name, length, percent, reset, when it was told, plan",
    ),
});

/** The form of each kind of record. */
export const recordSchemas = {
  usage: usageRecord,
  status: statusRecord,
  diagnostics: diagnosticRecord,
  limits: limitsRecord,
} as const satisfies Record<string, z.ZodObject>;
