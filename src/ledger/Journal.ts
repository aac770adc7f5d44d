import type { Database, Statement } from "bun:sqlite";
import type { Seen } from "../model/fact.ts";
import { decodeBody, type Kind } from "../model/observation.ts";
import type { Entry } from "./prepare.ts";

/** A row of the journal. */
type Note = [key: string, digest: number, machine: string, source: string, body: string, reader: number];

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
  readonly reader: number;
}

/** Rows that are written by one statement where there are many: a statement for each takes twice as long. */
const MANY = 32;
/** Columns of a row. */
const WIDTH = 6;
const COLUMNS = "key, machine, source, body, reader";

/** Observations as they came, each once, with the newest reader that made it; nothing is ever taken out. */
export class Journal {
  readonly #database: Database;
  readonly #one: Statement<unknown, Note>;
  readonly #many: Statement<unknown, (string | number)[]>;
  readonly #find: Statement<Row, [string]>;

  constructor(database: Database) {
    const noting = (rows: number): string =>
      `INSERT INTO journal (key, digest, machine, source, body, reader)
       VALUES ${Array(rows).fill("(?, ?, ?, ?, ?, ?)").join(", ")}
       ON CONFLICT (key, digest) DO UPDATE SET reader = excluded.reader WHERE excluded.reader > reader`;
    this.#database = database;
    this.#one = database.prepare(noting(1));
    this.#many = database.prepare(noting(MANY));
    this.#find = database.prepare(`SELECT ${COLUMNS} FROM journal WHERE key = ?`);
  }

  /** Notes what a batch tells of one key; false when all of it is there already, by this reader or a newer one. */
  note({ key, notes, reader }: Entry, machine: string, source: string): boolean {
    let fresh = 0;
    for (let at = 0; at < notes.length; at += 2) {
      fresh += this.#one.run(key, notes[at] as number, machine, source, notes[at + 1] as string, reader).changes;
    }
    return fresh > 0;
  }

  /** Notes what is told of many keys, none of which is there. */
  noteAll(entries: readonly Entry[], machine: string, source: string): void {
    let cells: (string | number)[] = [];
    for (const { key, notes, reader } of entries) {
      for (let at = 0; at < notes.length; at += 2) {
        cells.push(key, notes[at] as number, machine, source, notes[at + 1] as string, reader);
        if (cells.length < MANY * WIDTH) continue;
        this.#many.run(...cells);
        cells = [];
      }
    }
    for (let at = 0; at < cells.length; at += WIDTH) this.#one.run(...(cells.slice(at, at + WIDTH) as Note));
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

function toldBy(rows: readonly Row[]): Told {
  const key = rows[0]?.key ?? "";
  return { kind: kindOf(key), key, seen: rows.map(seenOf) };
}

const seenOf = ({ key, machine, source, body, reader }: Row): Seen<unknown> => ({
  machine,
  source,
  reader,
  body: decodeBody(kindOf(key), body),
});

const kindOf = (key: string): Kind => key.slice(0, key.indexOf(":")) as Kind;
