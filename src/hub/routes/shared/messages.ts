import { z } from "zod";
import type { Filter } from "../../../ledger/rows.ts";
import { FOREVER } from "../../../model/calendar.ts";
import { cacheWriteOf } from "../../../model/tokens.ts";
import { sessionKey } from "../../../reports/shared/assistants.ts";
import type { Member } from "../../services.ts";
import type { UploadedMessage } from "../../uploads/messages.ts";
import type { ReadContext } from "../contract.ts";
import { isoTime } from "./times.ts";
import { membersById } from "./usage.ts";

/** A message without content: a response, a prompt or a tool use of a journal, or what a program uploaded. `at` is epoch milliseconds. */
export interface Message extends Omit<UploadedMessage, "cost"> {
  /** Id of the machine; "" if it is not known. */
  readonly machine: string;
}

/** A message as programs of other collectors know it. */
export const messageSchema = z.object({
  id: z.string(),
  session_id: z.string(),
  source: z.string(),
  msg_type: z.string(),
  timestamp: z.string(),
  model: z.string().nullable(),
  tool_name: z.string().nullable(),
  machine: z.string(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cache_creation_tokens: z.number(),
  cache_read_tokens: z.number(),
});

/** A message as programs of other collectors know it. */
export const messageOf = (one: Message, members: ReadonlyMap<string, Member>): z.infer<typeof messageSchema> => ({
  id: one.id,
  session_id: one.session,
  source: one.source,
  msg_type: one.type,
  timestamp: isoTime(one.at),
  model: one.model === "" ? null : one.model,
  tool_name: one.tool === "" ? null : one.tool,
  machine: members.get(one.machine)?.name ?? one.machine,
  input_tokens: one.input,
  output_tokens: one.output,
  cache_creation_tokens: one.cacheWrite,
  cache_read_tokens: one.cacheRead,
});

const NO_TOKENS = { model: "", input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };
/** Kinds of actions that are messages, and their type. */
const TYPES = { prompt: "user", tool: "tool_call" } as const;

/** All messages that a filter selects, of journals and uploads, oldest first. */
export async function messagesIn({ ledger }: Pick<ReadContext, "ledger">, filter: Filter): Promise<Message[]> {
  const { queries, database } = ledger;
  const found: Omit<Message, "machine" | "id">[] = (await queries.responses(filter)).map((row) => ({
    session: row.session,
    source: row.source,
    type: "assistant",
    at: row.at,
    model: row.model,
    tool: "",
    input: row.input,
    output: row.output,
    cacheWrite: cacheWriteOf(row),
    cacheRead: row.cacheRead,
  }));
  for (const { action, session, source, at, name } of await queries.items(["prompt", "tool"], filter))
    found.push({
      session,
      source,
      type: TYPES[action as keyof typeof TYPES],
      at,
      tool: action === "tool" ? name : "",
      ...NO_TOKENS,
    });
  const used = await queries.usage(filter, [{ ...filter, offsetMs: 0 }], ["source", "session", "machine"]);
  const machines = new Map(used.map((row) => [sessionKey(row), row.machine]));
  const observed = found.map((one, index) => ({
    id: `${one.session}:${one.at}:${one.type}:${index}`,
    machine: machines.get(sessionKey(one)) ?? "",
    ...one,
  }));
  const uploaded = database
    .query<Message, (string | number | null)[]>(
      `SELECT machine, source, id, session, type, at, model, tool, input, output, cache_write AS cacheWrite,
         cache_read AS cacheRead FROM upload_message
       WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR session = ?3) AND (?4 IS NULL OR source = ?4) ORDER BY at, id`,
    )
    .all(filter.from, filter.to, filter.session ?? null, filter.source ?? null);
  return [...observed, ...uploaded].toSorted((a, b) => a.at - b.at);
}

/** The first window that is searched for the newest messages, milliseconds; each further one is this many times as long. */
const [FIRST_WINDOW_MS, GROWTH] = [60_000, 8];

/** The newest messages at or after a time (epoch ms), newest first, and the machines. Reads no more than a few times as much as it returns. */
export async function newestMessages(
  context: ReadContext,
  { since, limit }: { since: number; limit: number },
): Promise<{ messages: Message[]; members: ReadonlyMap<string, Member> }> {
  const { ledger } = context;
  const span = await ledger.queries.span();
  const uploads = ledger.database
    .query<{ first: number | null; last: number | null }, []>(
      "SELECT MIN(at) AS first, MAX(at) AS last FROM upload_message",
    )
    .get();
  const first = Math.max(since, Math.min(span?.first ?? FOREVER, uploads?.first ?? FOREVER));
  const end = Math.max(span?.last ?? 0, uploads?.last ?? 0, context.place.now) + 1;
  const messages: Message[] = [];
  let to = end;
  for (let length = FIRST_WINDOW_MS; to > first && messages.length < limit; length *= GROWTH) {
    const from = Math.max(first, to - length);
    for (const one of (await messagesIn(context, { from, to })).toReversed()) messages.push(one);
    to = from;
  }
  return { messages: messages.slice(0, limit), members: membersById(context) };
}
