import { type Fields, fields, parse, text } from "../../utils/json.ts";
import type { Emitter, Phase, Tables } from "../contract.ts";
import { type Message, messageOf, msOf, type Origin, tellResponse, tellTurn } from "./message.ts";
import { tellPart } from "./part.ts";

/** How far a database was read: a session's time of change moves a little before or after that of its messages. */
interface Watermark {
  /** Change of the session that was read last, epoch milliseconds. */
  since: number;
  /** The same when a scan came to its end: every part that is older was read. */
  readonly done: number;
  /** The last message row that was read: sessions may be brought in with old times. */
  row: number;
}

/** Milliseconds by which the times of a change may differ. */
const OVERLAP = 10_000;

/** Reads the sessions that changed, or that got messages, since the last time. */
export function* readDatabase(pass: Phase, tables: Tables, findings: Emitter): Generator<void> {
  if (pass === "usage" && isNewer(tables)) findings.skipped(0, "unknown_format");
  if (tables.columns("message").length === 0 || tables.columns("session").length === 0) return;
  const mark = watermarkOf(findings.memory);
  // Rows are numbered anew when a database is compacted.
  if (mark.row > 0) mark.row = Math.min(mark.row, lastRow(tables));
  let row = mark.row;
  for (const session of changedSessions(tables, mark)) {
    const messages = messagesOf(tables, session, findings);
    if (pass === "usage") tellUsage(tables, session, messages, findings);
    else tellActivity(tables, session, messages, mark, findings);
    for (const { origin } of messages) row = Math.max(row, origin.row);
    // A time that lies ahead of the file's own would hide every later change.
    mark.since = Math.max(mark.since, Math.min(session.updated, tables.written));
    findings.memory = mark;
    yield;
  }
  findings.memory = { since: mark.since, done: mark.since, row };
}

function watermarkOf(memory: unknown): Watermark {
  const { since, done, row } = fields(memory);
  return { since: Number(since ?? 0), done: Number(done ?? 0), row: Number(row ?? 0) };
}

/** Whether there are messages of the format that follows on this one and keeps its own table. */
function isNewer(tables: Tables): boolean {
  if (tables.columns("session_message").length === 0) return false;
  const unknown =
    tables.columns("message").length === 0 ? "" : "WHERE NOT EXISTS (SELECT 1 FROM message WHERE message.id = new.id)";
  return [...tables.rows(`SELECT 1 FROM session_message AS new ${unknown} LIMIT 1`)].length > 0;
}

function lastRow(tables: Tables): number {
  const [row] = [...tables.rows("SELECT max(rowid) AS last FROM message")];
  return Number(row?.["last"] ?? 0);
}

interface Session {
  readonly id: string;
  readonly project: string;
  readonly version: string;
  readonly isSub: boolean;
  readonly created: number;
  readonly updated: number;
}

function changedSessions(tables: Tables, { since, row }: Watermark): Session[] {
  const grown = row > 0 ? "OR id IN (SELECT session_id FROM message WHERE rowid > ?2)" : "OR ?2 > 0";
  return Array.from(
    tables.rows(
      `SELECT id, directory, version, parent_id, time_created, time_updated FROM session
       WHERE time_updated > ?1 ${grown} ORDER BY time_updated, id`,
      since - OVERLAP,
      row,
    ),
    (one) => ({
      id: text(one["id"], 200),
      project: text(one["directory"]),
      version: text(one["version"], 40),
      isSub: typeof one["parent_id"] === "string",
      created: msOf(one["time_created"]) ?? 0,
      updated: msOf(one["time_updated"]) ?? 0,
    }),
  ).filter(({ id }) => id !== "");
}

/** The messages of a session in their order. */
function messagesOf(tables: Tables, session: Session, findings: Emitter): Message[] {
  const rows = tables.rows(
    "SELECT rowid AS row, id, data FROM message WHERE session_id = ? ORDER BY time_created, id",
    session.id,
  );
  const found = Array.from(rows, ({ row, id, data }) => ({ id, row: Number(row), info: parse(text(data, Infinity)) }));
  const last = found.findLastIndex(({ info }) => info?.["role"] === "assistant");
  return found.flatMap(({ id, row, info }, index) => {
    if (info) return messageOf({ ...info, id }, originOf(tables, session, findings, row, index < last));
    findings.skipped(row, "bad_json");
    return [];
  });
}

const originOf = (
  { written }: Tables,
  session: Session,
  findings: Emitter,
  row: number,
  isFollowed: boolean,
): Origin => ({
  session: session.id,
  project: session.project,
  isSub: session.isSub,
  copy: 0,
  isFollowed,
  written,
  row,
  skip: (reason) => findings.skipped(row, reason),
});

function tellUsage(tables: Tables, session: Session, messages: readonly Message[], findings: Emitter): void {
  for (const message of messages) tellResponse(message, findings);
  const known = new Set(messages.map(({ info }) => info["id"]));
  for (const info of removedFrom(tables, session, known))
    tellResponse(messageOf(info, originOf(tables, session, findings, 0, true)), findings);
}

/**
 * Messages that were taken back, as the log of events has them: their rows are deleted with the next prompt. The log may
 * be absent, and it may be larger than all else, so that it is asked only for what its index finds.
 */
function removedFrom(tables: Tables, session: Session, known: ReadonlySet<unknown>): Iterable<Fields> {
  const removed = new Map<unknown, Fields>();
  if (tables.columns("event").length === 0) return [];
  const events = tables.rows(
    "SELECT data FROM event WHERE aggregate_id = ? AND type = 'message.updated.1' ORDER BY seq",
    session.id,
  );
  for (const { data } of events) {
    const info = fields(parse(text(data, Infinity))?.["info"]);
    if (!known.has(info["id"])) removed.set(info["id"], info);
  }
  return removed.values();
}

function tellActivity(
  tables: Tables,
  session: Session,
  messages: readonly Message[],
  { since, done }: Watermark,
  findings: Emitter,
): void {
  const { id, project, version, created, updated } = session;
  const place = { session: id, project, branch: "", agent: "" };
  const body = { ...place, first: created, last: Math.max(updated, created), reason: null, version };
  findings.observed({ kind: "session", key: `session:${id}`, body });
  for (const message of messages) tellTurn(message, findings);
  const byId = new Map(messages.map((message) => [message.info["id"], message]));
  const parts = tables.rows(
    "SELECT rowid AS row, message_id, data FROM part WHERE session_id = ? AND time_updated > ? ORDER BY id",
    id,
    // Of a session that was found by its rows alone nothing may have been read.
    updated > since - OVERLAP ? done - OVERLAP : 0,
  );
  for (const { row, message_id, data } of parts) {
    const part = parse(text(data, Infinity));
    const message = byId.get(message_id);
    if (!part) findings.skipped(Number(row), "bad_json");
    else if (message) tellPart(part, message, findings);
  }
}
