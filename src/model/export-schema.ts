import { z } from "zod";

const time = z.iso.datetime({ precision: 3 });
const date = z.iso.date();
const count = z.int().nonnegative();
const dollars = z.number().nonnegative();
const source = z.string().describe("the assistant: claude-code, codex, ...");

const tokens = {
  inputTokens: count.describe("tokens, neither read from a cache nor written to one"),
  outputTokens: count.describe("tokens, reasoning included"),
  cacheCreationTokens: count.describe("tokens written to a cache"),
  cacheReadTokens: count.describe("tokens read from a cache"),
  unsplitTokens: count.exactOptional().describe("imported tokens of which only the sum is known"),
};

const unpriced = {
  unpricedTokens: count.exactOptional().describe("tokens without a price, which the cost leaves out"),
  unpricedModels: z.array(z.string()).exactOptional().describe("their models"),
};

const totals = {
  ...tokens,
  totalTokens: count.describe("tokens of all classes"),
  totalCost: dollars.nullable().describe("US dollars; null if no tokens have a price"),
  ...unpriced,
};

const usage = {
  ...totals,
  modelsUsed: z.array(z.string()).describe("models, most expensive first"),
  modelBreakdowns: z
    .array(
      z.strictObject({
        modelName: z.string(),
        source: source.exactOptional(),
        ...tokens,
        cost: dollars.nullable().describe("US dollars"),
        missingPricing: z.literal(true).exactOptional(),
      }),
    )
    .describe("the same by model, and by assistant unless it is claude-code; cost in US dollars"),
  provenance: z.array(z.string()).exactOptional().describe("other programs that counted imported days"),
};

const lines = {
  linesAdded: count.describe("number of lines"),
  linesRemoved: count.describe("number of lines"),
};

/** What a session did, and the sums of sessions. */
const activity = {
  prompts: count.describe("number of prompts"),
  toolUses: count.describe("number of uses of tools"),
  responses: count.describe("number of responses"),
  notRecorded: count.describe("number of responses whose usage the assistant did not write down"),
  totalTokens: count.nullable().describe("tokens of all classes; null if none of its responses is recorded"),
  totalCost: totals.totalCost,
  ...lines,
};

const toolCounts = {
  uses: count.describe("number of uses"),
  failed: count.describe("number of uses that failed"),
  failurePercent: z.number().min(0).max(100).nullable().describe("percent of the uses"),
  succeededPercent: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .describe("percent of the uses, those with an unknown outcome included"),
  p50DurationMs: count.nullable().describe("milliseconds within which half of the timed uses ended; null if not known"),
  p95DurationMs: count.nullable().describe("milliseconds within which 95% of the timed uses ended; null if not known"),
  meanDurationMs: count
    .nullable()
    .describe("milliseconds, with the wait for a permission; null if no duration is known"),
  timed: count.describe("number of uses with a known duration"),
};

/** The lists of an export: the schema of a row, and what it is. */
export const exportRows = {
  daily: z
    .strictObject({
      date: date.describe("local day"),
      isOver: z.literal(false).exactOptional().describe("false while the day goes on; absent afterwards"),
      ...usage,
    })
    .describe("usage of a local day"),
  projects: z
    .strictObject({
      project: z.string().describe("directory; empty if it is not known"),
      name: z.string().describe("the end of the directory that is unique here"),
      sources: z.array(z.string()).describe("the assistants"),
      sessions: count.describe("number of sessions"),
      lastDate: date.describe("last local day with usage"),
      share: z.number().nullable().describe("percent of the cost"),
      ...usage,
      worktrees: z
        .array(z.looseObject({ worktree: z.string().describe("name of the worktree"), ...totals }))
        .exactOptional()
        .describe("the part of each worktree, with the same fields"),
    })
    .describe("usage of a project, with that of its worktrees"),
  sessions: z
    .strictObject({
      sessionId: z.string().describe("the assistant's id of the session"),
      source,
      projectPath: z.string().describe("the directory as the name of Claude Code's folder"),
      project: z.string().describe("directory with most of its responses; empty if it is not known"),
      firstActivity: time.describe("ISO 8601 in UTC, within the range"),
      lastActivity: time.describe("ISO 8601 in UTC, within the range"),
      ...usage,
    })
    .describe("usage of a session"),
  activity: z
    .strictObject({
      sessionId: z.string().describe("the assistant's id of the session"),
      source,
      assistant: z.string().describe("name of the assistant for people"),
      models: z.array(z.string()).describe("names of its models within the range"),
      project: z.string().describe("directory; empty if it is not known"),
      branch: z.string().describe("git branch; empty if it is not known"),
      version: z.string().describe("version of the assistant; empty if it is not known"),
      start: time.describe("ISO 8601 in UTC, of the whole session"),
      end: time.describe("ISO 8601 in UTC, of the whole session"),
      durationMs: count.describe("milliseconds of the whole session, pauses included"),
      ended: z.string().nullable().describe("how it ended; null if that is not known"),
      ...activity,
    })
    .describe("what a session did within the range"),
  tools: z
    .strictObject({ name: z.string().describe("name of the tool"), source, ...toolCounts })
    .describe("a tool of one assistant"),
  files: z
    .strictObject({
      path: z.string().describe("path of the file"),
      project: z.string().nullable().describe("directory of the project that contains it; null if none does"),
      sources: z.array(z.string()).describe("the assistants"),
      changes: count.describe("number of changes"),
      ...lines,
      sessions: count.describe("number of sessions that changed it"),
      lastChange: time.describe("ISO 8601 in UTC"),
    })
    .describe("a changed file"),
  gitOperations: z
    .strictObject({
      at: time.describe("ISO 8601 in UTC"),
      operation: z.string().describe("commit, push, pr_create, ..."),
      failed: z.boolean().nullable().describe("whether the command that contains it failed; null if that is not known"),
      source,
      sessionId: z.string().describe("the assistant's id of the session"),
      project: z.string().describe("directory; empty if it is not known"),
      branch: z.string().describe("git branch; empty if it is not known"),
    })
    .describe("one git operation, oldest first"),
};

/** The document that `pawprint export` writes. Times are ISO 8601, costs are US dollars. */
export const exportSchema = z.strictObject({
  format: z.literal("pawprint-export"),
  version: z.literal(1).describe("raised when a field changes or goes; new fields do not raise it"),
  program: z.string().describe("version of Pawprint"),
  exportedAt: time.describe("ISO 8601 in UTC"),
  timezone: z.string().describe("time zone of the days"),
  since: date.nullable().describe("first local day; null for all before"),
  until: date.nullable().describe("last local day, included; null for all after"),
  project: z.string().nullable().describe("the value of --project; null for all"),
  source: z.string().nullable().describe("the only assistant; null for all"),
  costMode: z.enum(["auto", "calculate", "display"]).describe("as the option --cost-mode"),
  ...Object.fromEntries(Object.entries(exportRows).map(([name, row]) => [name, z.array(row)])),
  totals: z
    .strictObject({
      daily: z.strictObject(totals),
      projects: z.strictObject(totals),
      sessions: z.strictObject(totals),
      activity: z.strictObject({ sessions: count, durationMs: count, ...activity }),
      tools: z.strictObject(toolCounts),
      files: z.strictObject({ files: count, changes: count, ...lines }),
      gitOperations: z.strictObject({ count, failed: count, outcomeUnknown: count }),
    })
    .describe("the sums of each list"),
  notes: z.array(z.string()).describe("what the reports say about their numbers: estimates, what is not recorded"),
});
