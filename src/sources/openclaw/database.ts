import { type Fields, fields, lineOf, linesIn, parse, text } from "../../utils/json.ts";
import type { Emitter, Phase, Tables } from "../contract.ts";
import { beginTurn, eventOf, newSession } from "./event.ts";
import { SessionReader } from "./session-reader.ts";
import { unpacked } from "./unpacked.ts";

/** How far a table was read. */
interface RowMark {
  /** The last row that was read. */
  readonly row: number;
  /** What was in that row. Numbers of rows are given again after a deletion, and VACUUM changes them. */
  readonly content: string;
}

/** A table with events, and the columns by which its rows differ. */
interface EventTable {
  readonly name: string;
  readonly identity: readonly string[];
  readonly columns: readonly string[];
  /** Bytes that one of its cells may have, also when unpacked. */
  readonly limit: number;
  /** Rows after which a batch may end. */
  readonly batchRows: number;
}

/** One event in each row, as JSON or compressed. */
const EVENTS: EventTable = {
  name: "transcript_events",
  identity: ["session_id", "seq", "created_at"],
  columns: ["event_json", "event_zstd"],
  // OpenClaw refuses larger events.
  limit: 4 * 1_048_576,
  batchRows: 500,
};
/**
 * Whole transcripts in each row, which are those of deleted and of old sessions. Most of the former are also in a file
 * beside the database.
 */
const ARCHIVES: readonly EventTable[] = ["session_transcript_archives", "session_transcript_cold_archives"].map(
  (name) => ({
    name,
    identity: ["session_id", "generation"],
    columns: ["archive_blob"],
    limit: 128 * 1_048_576,
    batchRows: 1,
  }),
);

/** Rows among which the response is found that a later row belongs to. */
const ROWS_OF_TURN = 200;

/** Reads the events that were added since the last scan. */
export function* readDatabase(phase: Phase, tables: Tables, emitter: Emitter): Generator<void> {
  const sessions = new OpenSessions(phase, tables, emitter);
  for (const row of newRows(EVENTS, tables, emitter)) {
    if (row === null) {
      sessions.end();
      yield;
      continue;
    }
    const place = Number(row["row"]);
    const event = eventIn(row);
    if (event) sessions.read(text(row["session_id"], 200), Number(row["seq"]), event, place);
    else emitter.skip(place, "bad_json");
  }
  for (const table of ARCHIVES)
    for (const row of newRows(table, tables, emitter)) {
      if (row === null) yield;
      else readTranscript(phase, row, table.limit, tables, emitter);
    }
}

/**
 * Yields the rows added to a table since the last scan, and null where a batch may end, after which they count as read. If
 * the row that was read last is not there any more, all rows are yielded again.
 */
function* newRows(table: EventTable, tables: Tables, emitter: Emitter): Generator<Fields | null> {
  const { name, identity, limit, batchRows } = table;
  const existing = tables.columns(name);
  if (!identity.every((column) => existing.includes(column))) {
    if (existing.length > 0) emitter.skip(0, "unknown_format");
    return;
  }
  const cells = table.columns.filter((column) => existing.includes(column));
  const columns = [...identity, shortCells(cells, limit), isLong(cells, limit)].join(", ");
  const contentOf = (row: Fields): string => identity.map((column) => String(row[column])).join(" ");
  const known = fields(fields(emitter.memory)[name]);
  const [last] = tables.rows(`SELECT ${identity.join(", ")} FROM ${name} WHERE rowid = ?`, Number(known["row"] ?? 0));
  const from = last && contentOf(last) === known["content"] ? Number(known["row"]) : 0;
  let mark: RowMark | null = null;
  let count = 0;
  for (const row of tables.rows(`SELECT rowid AS row, ${columns} FROM ${name} WHERE rowid > ? ORDER BY rowid`, from)) {
    if (row["is_long"] === 1) emitter.skip(Number(row["row"]), "line_too_long");
    else yield row;
    mark = { row: Number(row["row"]), content: contentOf(row) };
    if (++count % batchRows !== 0) continue;
    emitter.memory = { ...fields(emitter.memory), [name]: mark };
    yield null;
  }
  if (mark === null) return;
  emitter.memory = { ...fields(emitter.memory), [name]: mark };
  yield null;
}

/** Selects cells that are not too long: one cell may be as large as the memory. */
const shortCells = (cells: readonly string[], limit: number): string =>
  ["0", ...cells.map((cell) => `iif(octet_length(${cell}) <= ${limit}, ${cell}, NULL) AS ${cell}`)].join(", ");

const isLong = (cells: readonly string[], limit: number): string =>
  `${["0", ...cells.map((cell) => `ifnull(octet_length(${cell}) > ${limit}, 0)`)].join(" OR ")} AS is_long`;

function eventIn(row: Fields): Fields | null {
  const json = unpacked(row["event_json"], EVENTS.limit) ?? unpacked(row["event_zstd"], EVENTS.limit);
  return json === null ? null : lineOf(json, 0, json.length);
}

/** The first byte of a JSON object. */
const OBJECT = 0x7b;

/** Reads a transcript that is one cell. */
function readTranscript(phase: Phase, row: Fields, limit: number, tables: Tables, emitter: Emitter): void {
  const place = Number(row["row"]);
  // An old transcript may be in a file instead.
  if (row["archive_blob"] === null) return;
  const lines = unpacked(row["archive_blob"], limit);
  if (lines?.[0] !== OBJECT) return emitter.skip(place, "unknown_format");
  const reader = new SessionReader(newSession(text(row["session_id"], 200), 1), phase, tables.modifiedAt, emitter);
  for (const { from, to } of linesIn(lines)) {
    if (to - from < 2) continue;
    const event = lineOf(lines, from, to);
    if (event) reader.read(event, place);
    else emitter.skip(place, "bad_json");
  }
  reader.end();
}

/** The sessions whose rows are read. */
class OpenSessions {
  readonly #phase: Phase;
  readonly #tables: Tables;
  readonly #emitter: Emitter;
  readonly #open = new Map<string, SessionReader>();

  constructor(phase: Phase, tables: Tables, emitter: Emitter) {
    this.#phase = phase;
    this.#tables = tables;
    this.#emitter = emitter;
  }

  /** Reads the next event of a session. */
  read(id: string, seq: number, event: Fields, place: number): void {
    let reader = this.#open.get(id);
    if (!reader) this.#open.set(id, (reader = this.#readerOf(id, seq)));
    reader.read(event, place);
  }

  /** Emits what is known about the sessions as a whole. */
  end(): void {
    for (const reader of this.#open.values()) reader.end();
  }

  /** A reader that knows what the events before `seq` say. */
  #readerOf(id: string, seq: number): SessionReader {
    const session = newSession(id, 0, this.#isSub(id));
    for (const event of this.#eventsBefore(id, seq))
      beginTurn(
        session,
        eventOf(session, event, () => {}),
      );
    const version = this.#phase === "activity" ? this.#versionOf(id) : "";
    return new SessionReader(session, this.#phase, this.#tables.modifiedAt, this.#emitter, version);
  }

  /** The first event of a session, and those from the last response before `seq`. */
  #eventsBefore(id: string, seq: number): Fields[] {
    const existing = this.#tables.columns(EVENTS.name);
    const cells = EVENTS.columns.filter((column) => existing.includes(column));
    const rows = (condition: string): Iterable<Fields> =>
      this.#tables.rows(
        `SELECT ${shortCells(cells, EVENTS.limit)} FROM ${EVENTS.name} WHERE session_id = ? AND seq < ? ${condition}`,
        id,
        seq,
      );
    const first = Array.from(rows("ORDER BY seq LIMIT 1"), eventIn);
    const last: Fields[] = [];
    for (const row of rows(`ORDER BY seq DESC LIMIT ${ROWS_OF_TURN}`)) {
      const event = eventIn(row);
      const isAnswer = fields(event?.["message"])["role"] === "assistant";
      // The others change nothing in a session, and together they may be long.
      if (event && (isAnswer || event["type"] === "model_change")) last.unshift(event);
      if (isAnswer) break;
    }
    return [...first, ...last].filter((event) => event !== null);
  }

  #isSub(id: string): boolean {
    if (!this.#tables.columns("session_windows").includes("spawned_by")) return false;
    const [row] = this.#tables.rows("SELECT spawned_by FROM session_windows WHERE session_id = ?", id);
    return text(row?.["spawned_by"], 200) !== "";
  }

  /** The version of the program that began a session: its runs begin with a description of the program. */
  #versionOf(id: string): string {
    if (!this.#tables.columns("trajectory_runtime_events").includes("event_json")) return "";
    const rows = this.#tables.rows(
      `SELECT ${shortCells(["event_json"], EVENTS.limit)} FROM trajectory_runtime_events WHERE session_id = ? ORDER BY seq LIMIT 3`,
      id,
    );
    const runs = Array.from(rows, ({ event_json }) => parse(text(event_json, EVENTS.limit)));
    const harness = runs.map((run) => fields(fields(run?.["data"])["harness"]));
    return harness.map(({ version }) => text(version, 40)).find((version) => version !== "") ?? "";
  }
}
