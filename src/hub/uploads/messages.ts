import { createHash } from "node:crypto";
import { z } from "zod";
import { isTime, nanoDollarsOf } from "../../utils/json.ts";

/** A message as other programs report it, without its content. Tokens are counts. */
export interface UploadedMessage {
  readonly source: string;
  readonly id: string;
  readonly session: string;
  /** "user", "assistant", "tool_call" and others. */
  readonly type: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly model: string;
  readonly tool: string;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  /** Nano-dollars; null if not reported. */
  readonly cost: number | null;
}

/** A text that identifies something. */
export const shortText = z.string().min(1).max(200);
/** A number of tokens. */
export const tokenCount = z.int().min(0).max(1e15);
/** A time as ISO 8601 or epoch milliseconds; gives epoch milliseconds. */
export const timestamp = z.union([z.string().max(40), z.number()]).transform((value, context) => {
  const ms = typeof value === "string" ? Date.parse(value) : value;
  if (Number.isFinite(ms) && isTime(ms)) return Math.floor(ms);
  context.addIssue({ code: "custom", message: "not a time between 1970 and 2200" });
  return z.NEVER;
});

/** Names of assistants in other programs, where they are not the same with another separator. */
const SOURCES: Readonly<Record<string, string>> = { claude: "claude-code", "codex-cli": "codex", gemini: "gemini-cli" };

/** The name of an assistant, from that of another program: "claude_code" is "claude-code", "codex_cli" is "codex". */
export function sourceNamed(given: string): string {
  const name = given.toLowerCase().replaceAll("_", "-");
  return Object.hasOwn(SOURCES, name) ? (SOURCES[name] ?? name) : name;
}

/** The name of an assistant as other programs write it. */
export const sourceName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,49}$/i, "not the name of an assistant")
  .transform(sourceNamed);

const optionalCount = tokenCount.nullish();
/** Tokens by the names that programs give them. */
const tokens = z.object({
  input_tokens: optionalCount,
  output_tokens: optionalCount,
  cache_creation_tokens: optionalCount,
  cache_creation_input_tokens: optionalCount,
  cache_read_tokens: optionalCount,
  cache_read_input_tokens: optionalCount,
  cached_tokens: optionalCount,
});
const optionalText = z.string().max(200).nullish();
const name = z.object({ name: optionalText, tool_name: optionalText });

/** A normalized message. Its content and all other fields are not read any further. */
export const messageSchema = tokens
  .extend({
    id: shortText,
    session_id: shortText,
    source: sourceName,
    msg_type: z.string().regex(/^[a-z][a-z0-9_-]{0,49}$/i, "not a type of message"),
    timestamp,
    model: optionalText,
    tool_name: optionalText,
    tool_call: name.nullish(),
    tokens: tokens.nullish(),
    token_usage: tokens.nullish(),
    usage: tokens.nullish(),
    cost_usd: z.number().nullish(),
  })
  .transform((one): UploadedMessage => {
    const used = one.tokens ?? one.token_usage ?? one.usage ?? one;
    return {
      source: one.source,
      id: one.id,
      session: one.session_id,
      type: one.msg_type,
      at: one.timestamp,
      model: one.model ?? "",
      tool: one.tool_name ?? one.tool_call?.name ?? one.tool_call?.tool_name ?? "",
      input: used.input_tokens ?? 0,
      output: used.output_tokens ?? 0,
      cacheWrite: used.cache_creation_tokens ?? used.cache_creation_input_tokens ?? 0,
      cacheRead: used.cache_read_tokens ?? used.cache_read_input_tokens ?? used.cached_tokens ?? 0,
      cost: nanoDollarsOf(one.cost_usd),
    };
  });

/** A usage_entry of a collector, as a message whose id is the hash of its content, so that one that is sent again is known. */
export const usageEntrySchema = z
  .object({
    timestamp,
    usage: z.object({
      inputTokens: tokenCount,
      outputTokens: tokenCount,
      cacheCreationInputTokens: tokenCount.default(0),
      cacheReadInputTokens: tokenCount.default(0),
    }),
    model: z.string().max(200),
    costUSD: z.number().nullish(),
    projectPath: z.string().max(4_096).default(""),
    sessionId: shortText,
  })
  .transform((one): UploadedMessage & { readonly project: string } => {
    const { timestamp: at, usage, model, costUSD, projectPath, sessionId } = one;
    const { inputTokens, outputTokens, cacheCreationInputTokens, cacheReadInputTokens } = usage;
    const counts = [inputTokens, outputTokens, cacheCreationInputTokens, cacheReadInputTokens];
    const content = JSON.stringify([at, sessionId, model, projectPath, costUSD ?? null, ...counts]);
    return {
      source: "claude-code",
      id: createHash("sha256").update(content).digest("hex").slice(0, 32),
      session: sessionId,
      type: "assistant",
      at,
      model,
      tool: "",
      input: inputTokens,
      output: outputTokens,
      cacheWrite: cacheCreationInputTokens,
      cacheRead: cacheReadInputTokens,
      cost: nanoDollarsOf(costUSD),
      project: projectPath,
    };
  });

/** A block of a collector. All further fields that are numbers or times are kept as they are. */
export const sessionBlockSchema = z.object({
  id: shortText,
  startTime: timestamp,
  endTime: timestamp,
  isActive: z.boolean(),
  tokenCounts: z.record(z.string().max(50), tokenCount).default({}),
  burnRate: z.record(z.string().max(50), z.number()).nullish(),
  projection: z.record(z.string().max(50), z.number()).nullish(),
});
/** What sessionBlockSchema gives. */
export type UploadedBlock = z.infer<typeof sessionBlockSchema>;
