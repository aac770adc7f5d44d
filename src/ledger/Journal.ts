import type { Database, Statement } from "bun:sqlite";
import type { Seen } from "../model/fact.ts";
import { decodeBody, type Kind } from "../model/observation.ts";
import type { Entry } from "./prepare.ts";

/** A row of the journal: key, digest, machine, source, body. */
export type Note = [key: string, digest: number, machine: string, source: string, body: string];

/** All that the journal holds of one key. */
export interface Told {
  readonly kind: Kind;
  readonly key: string;
  readonly seen: readonly Seen<unknown>[];
}

interface Row {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
  readonly body: string;
}

/** Rows that are written by one statement where there are many: a statement for each takes twice as long. */
const MANY = 32;
const COLUMNS = "key, machine, source, body";

/** Observations as they came, each once; nothing is ever changed or taken out. */
export class Journal {
  readonly #database: Database;
  readonly #one: Statement<unknown, Note>;
  readonly #many: Statement<unknown, (string | number)[]>;
  readonly #find: Statement<Row, [string]>;

  constructor(database: Database) {
    const noting = (rows: number): string =>
      `INSERT OR IGNORE INTO journal VALUES ${Array(rows).fill("(?, ?, ?, ?, ?)").join(", ")}`;
    this.#database = database;
    this.#one = database.prepare(noting(1));
    this.#many = database.prepare(noting(MANY));
    this.#find = database.prepare(`SELECT ${COLUMNS} FROM journal WHERE key = ?`);
  }

  /** Notes one observation; false when it is there already. */
  note(note: Note): boolean {
    return this.#one.run(...note).changes > 0;
  }

  /** Notes many. */
  noteAll(notes: readonly Note[]): void {
    const whole = notes.length - (notes.length % MANY);
    for (let at = 0; at < whole; at += MANY) this.#many.run(...notes.slice(at, at + MANY).flat());
    for (const note of notes.slice(whole)) this.note(note);
  }

  /** All observations of a key. */
  about(key: string): Seen<unknown>[] {
    return this.#find.all(key).map(seenOf);
  }

  /** The whole journal, key by key. */
  *all(): Generator<Told> {
    let rows: Row[] = [];
    for (const row of this.#database.query<Row, []>(`SELECT ${COLUMNS} FROM journal ORDER BY key`).iterate()) {
      if (rows[0] && rows[0].key !== row.key) {
        yield toldBy(rows);
        rows = [];
      }
      rows.push(row);
    }
    if (rows.length > 0) yield toldBy(rows);
  }
}

/** The rows of what a batch tells of one key. */
export function notesOf({ key, notes }: Entry, machine: string, source: string): Note[] {
  const rows: Note[] = [];
  for (let at = 0; at < notes.length; at += 2) {
    rows.push([key, Number(notes[at]), machine, source, String(notes[at + 1])]);
  }
  return rows;
}

function toldBy(rows: readonly Row[]): Told {
  const key = rows[0]?.key ?? "";
  return { kind: kindOf(key), key, seen: rows.map(seenOf) };
}

const seenOf = ({ key, machine, source, body }: Row): Seen<unknown> => ({
  machine,
  source,
  body: decodeBody(kindOf(key), body),
});

const kindOf = (key: string): Kind => key.slice(0, key.indexOf(":")) as Kind;
