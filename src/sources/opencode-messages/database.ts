import type { SkipReason } from "../../model/observation.ts";
import { type Fields, fields, msOf, numberOf, parse, text } from "../../utils/json.ts";
import type { Emitter, Phase, Tables } from "../contract.ts";
import { type OpencodeMessage, messageOf, type Origin, emitResponse, emitTurn } from "./message.ts";
import { emitPart } from "./part.ts";

/** How far a database was read. A session's modification time differs slightly from that of its messages. */
interface Watermark {
  /** Modification time of the session read last, epoch milliseconds. */
  since: number;
  /** The same at the end of the last complete scan: every older part has been read. */
  readonly done: number;
  /** Last message row read. It finds imported sessions, whose times may be old. */
  row: number;
}

/** Milliseconds by which the times of one change may differ. */
const OVERLAP = 10_000;

/** Bytes of a message, part or event that is read: one row may be as large as the memory. */
const MAX_BYTES = 64 * 1_048_576;
/** Selects the content of a row; null if it is too long. */
const DATA = `iif(octet_length(data) <= ${MAX_BYTES}, data, NULL)`;

/** Reads the sessions that changed or received messages since the last scan. */
export function* readDatabase(phase: Phase, tables: Tables, emitter: Emitter): Generator<void> {
  if (phase === "usage" && hasUnknownFormat(tables)) emitter.skip(0, "unknown_format");
  if (tables.columns("message").length === 0 || tables.columns("session").length === 0) return;
  const mark = watermarkOf(emitter.memory);
  // VACUUM renumbers the rows.
  if (mark.row > 0) mark.row = Math.min(mark.row, lastRow(tables));
  let row = mark.row;
  for (const session of changedSessions(tables, mark)) {
    const messages = messagesOf(tables, session, emitter);
    if (phase === "usage") emitUsage(tables, session, messages, emitter);
    else emitActivity(tables, session, messages, mark, emitter);
    for (const { origin } of messages) row = Math.max(row, origin.row);
    // A time in the future would hide all later changes.
    mark.since = Math.max(mark.since, Math.min(session.updated, tables.modifiedAt));
    emitter.memory = mark;
    yield;
  }
  emitter.memory = { since: mark.since, done: mark.since, row };
}

function watermarkOf(memory: unknown): Watermark {
  const { since, done, row } = fields(memory);
  return { since: Number(since ?? 0), done: Number(done ?? 0), row: Number(row ?? 0) };
}

/** Whether there are messages in the newer format, which has its own table. */
function hasUnknownFormat(tables: Tables): boolean {
  if (tables.columns("session_message").length === 0) return false;
  const unknown =
    tables.columns("message").length === 0 ? "" : "WHERE NOT EXISTS (SELECT 1 FROM message WHERE message.id = new.id)";
  return [...tables.rows(`SELECT 1 FROM session_message AS new ${unknown} LIMIT 1`)].length > 0;
}

function lastRow(tables: Tables): number {
  const [row] = [...tables.rows("SELECT max(rowid) AS last FROM message")];
  return Number(row?.["last"] ?? 0);
}

interface OpencodeSession {
  readonly id: string;
  readonly project: string;
  readonly version: string;
  readonly isSub: boolean;
  /** It started subagents, each of which has a session of its own. */
  readonly hasSubs: boolean;
  readonly created: number;
  readonly updated: number;
}

function changedSessions(tables: Tables, { since, row }: Watermark): OpencodeSession[] {
  const grown = row > 0 ? "OR id IN (SELECT session_id FROM message WHERE rowid > ?2)" : "OR ?2 > 0";
  return Array.from(
    tables.rows(
      `SELECT id, directory, version, parent_id, id IN (SELECT parent_id FROM session) AS has_subs, time_created, time_updated
       FROM session WHERE time_updated > ?1 ${grown} ORDER BY time_updated, id`,
      since - OVERLAP,
      row,
    ),
    (one) => ({
      id: text(one["id"], 200),
      project: text(one["directory"]),
      version: text(one["version"], 40),
      isSub: typeof one["parent_id"] === "string",
      hasSubs: one["has_subs"] === 1,
      created: msOf(one["time_created"]) ?? 0,
      updated: msOf(one["time_updated"]) ?? 0,
    }),
  ).filter(({ id }) => id !== "");
}

/** Returns the messages of a session in order. */
function messagesOf(tables: Tables, session: OpencodeSession, emitter: Emitter): OpencodeMessage[] {
  const rows = tables.rows(
    `SELECT rowid AS row, id, ${DATA} AS data FROM message WHERE session_id = ? ORDER BY time_created, id`,
    session.id,
  );
  const found = Array.from(rows, ({ row, id, data }) => ({
    id,
    row: Number(row),
    data,
    info: parse(text(data, Infinity)),
  }));
  const last = found.findLastIndex(({ info }) => info?.["role"] === "assistant");
  return found.flatMap(({ id, row, data, info }, index) => {
    if (info) return messageOf({ ...info, id }, originOf(tables, session, emitter, row, index < last));
    emitter.skip(row, reasonOf(data));
    return [];
  });
}

const reasonOf = (data: unknown): SkipReason => (data === null ? "line_too_long" : "bad_json");

const originOf = (
  { modifiedAt }: Tables,
  session: OpencodeSession,
  emitter: Emitter,
  row: number,
  isFollowed: boolean,
): Origin => ({
  session: session.id,
  project: session.project,
  isSub: session.isSub,
  copy: 0,
  isFollowed,
  modifiedAt,
  row,
  skip: (reason) => emitter.skip(row, reason),
});

function emitUsage(
  tables: Tables,
  session: OpencodeSession,
  messages: readonly OpencodeMessage[],
  emitter: Emitter,
): void {
  const costs = session.hasSubs ? ownCosts(tables, session.id) : new Map<unknown, number>();
  for (const message of messages) {
    const cost = costs.get(message.info["id"]);
    emitResponse(cost === undefined ? message : { ...message, info: { ...message.info, cost } }, emitter);
  }
  const known = new Set(messages.map(({ info }) => info["id"]));
  for (const info of removedMessages(tables, session, known))
    emitResponse(messageOf(info, originOf(tables, session, emitter, 0, true)), emitter);
}

/**
 * Returns the costs of a session's messages by id, as far as they have steps. Kilo adds the cost of a subagent, whose
 * messages have costs of their own, to the message that started it; the steps of a message have only its own cost.
 */
function ownCosts(tables: Tables, session: string): Map<unknown, number> {
  const costs = new Map<unknown, number>();
  const parts = tables.rows(
    `SELECT message_id, data FROM part WHERE session_id = ? AND instr(${DATA}, '"step-finish"') > 0`,
    session,
  );
  for (const { message_id: id, data } of parts) {
    const { type, cost } = fields(parse(text(data, Infinity)));
    if (type === "step-finish" && numberOf(cost) !== null) costs.set(id, (costs.get(id) ?? 0) + Number(cost));
  }
  return costs;
}

/**
 * Returns the messages that were undone, from the event log: their rows are deleted with the next prompt. The log may
 * be missing, and it may be larger than all other tables, so it is queried only through its index.
 */
function removedMessages(tables: Tables, session: OpencodeSession, known: ReadonlySet<unknown>): Iterable<Fields> {
  const removed = new Map<unknown, Fields>();
  if (tables.columns("event").length === 0) return [];
  const events = tables.rows(
    `SELECT ${DATA} AS data FROM event WHERE aggregate_id = ? AND type = 'message.updated.1' ORDER BY seq`,
    session.id,
  );
  for (const { data } of events) {
    const info = fields(parse(text(data, Infinity))?.["info"]);
    if (!known.has(info["id"])) removed.set(info["id"], info);
  }
  return removed.values();
}

function emitActivity(
  tables: Tables,
  session: OpencodeSession,
  messages: readonly OpencodeMessage[],
  { since, done }: Watermark,
  emitter: Emitter,
): void {
  const { id, project, version, created, updated } = session;
  const place = { session: id, project, branch: "", agent: "" };
  const body = { ...place, first: created, last: Math.max(updated, created), reason: null, version };
  emitter.emit({ kind: "session", key: `session:${id}`, body });
  for (const message of messages) emitTurn(message, emitter);
  const byId = new Map(messages.map((message) => [message.info["id"], message]));
  const parts = tables.rows(
    `SELECT rowid AS row, message_id, ${DATA} AS data FROM part WHERE session_id = ? AND time_updated > ? ORDER BY id`,
    id,
    // If a session was found only by its new rows, none of its parts may have been read.
    updated > since - OVERLAP ? done - OVERLAP : 0,
  );
  for (const { row, message_id, data } of parts) {
    const part = parse(text(data, Infinity));
    const message = byId.get(message_id);
    if (!part) emitter.skip(Number(row), reasonOf(data));
    else if (message) emitPart(part, message, emitter);
  }
}
