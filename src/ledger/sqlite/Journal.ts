import type { Database, Statement } from "bun:sqlite";
import type { Observed } from "../../model/fact.ts";
import { decodeBody } from "../../model/body.ts";
import type { Kind } from "../../model/observation.ts";
import type { Entry } from "../fold/prepare.ts";

/** What all rows of a statement have in common, and then key, digest and body of each. */
type Cells = [machine: string, source: string, reader: number, ...rows: (string | number)[]];

/** All that the journal holds of one key. */
export interface KeyHistory {
  readonly kind: Kind;
  readonly key: string;
  readonly seen: readonly Observed<unknown>[];
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
/** Cells of a row that are its own. */
const WIDTH = 3;
const COLUMNS = "key, machine, source, body, reader";

/** Observations as they came, each once, with the newest reader that made it; nothing is ever taken out. */
export class Journal {
  readonly #database: Database;
  readonly #one: Statement<unknown, Cells>;
  readonly #many: Statement<unknown, Cells>;
  readonly #again: Statement<unknown, [reader: number, key: string, digest: number]>;
  readonly #find: Statement<Row, [string]>;

  constructor(database: Database) {
    const row = (at: number): string => `(?${at + 1}, ?${at + 2}, ?1, ?2, ?${at + 3}, ?3)`;
    const rows = Array.from({ length: MANY }, (_, index) => row((index + 1) * WIDTH)).join(", ");
    const into = "INTO journal (key, digest, machine, source, body, reader) VALUES";
    this.#database = database;
    this.#one = database.prepare(`INSERT OR IGNORE ${into} ${row(WIDTH)}`);
    // An upsert would say both, and takes a fifth longer for what is new.
    this.#again = database.prepare("UPDATE journal SET reader = ?1 WHERE key = ?2 AND digest = ?3 AND reader < ?1");
    this.#many = database.prepare(`INSERT OR IGNORE ${into} ${rows}`);
    this.#find = database.prepare(`SELECT ${COLUMNS} FROM journal WHERE key = ?`);
  }

  /** Notes what a batch tells of one key; false when all of it is there already, by this reader or a newer one. */
  note({ key, observations: notes, reader }: Entry, machine: string, source: string): boolean {
    let fresh = 0;
    for (let at = 0; at < notes.length; at += 2) {
      const [digest, body] = [notes[at] as number, notes[at + 1] as string];
      fresh += this.#put(machine, source, reader, key, digest, body);
    }
    return fresh > 0;
  }

  /** Notes what is told of many keys, of none of which there are facts. */
  appendAll(entries: readonly Entry[], machine: string, source: string): void {
    const cells: Cells = [machine, source, entries[0]?.reader ?? 0];
    const each = (): void => {
      for (let at = WIDTH; at < cells.length; at += WIDTH)
        this.#put(machine, source, cells[2], String(cells[at]), Number(cells[at + 1]), String(cells[at + 2]));
      cells.length = WIDTH;
    };
    for (const { key, observations: notes, reader } of entries) {
      if (reader !== cells[2]) {
        each();
        cells[2] = reader;
      }
      for (let at = 0; at < notes.length; at += 2) {
        cells.push(key, notes[at] as number, notes[at + 1] as string);
        if (cells.length < (MANY + 1) * WIDTH) continue;
        // Some are there already: what an older reader withdrew may hold again.
        if (this.#many.run(...cells).changes < MANY) each();
        cells.length = WIDTH;
      }
    }
    each();
  }

  /** Notes one observation, or that this reader made it too; 0 where nothing of that is new. */
  #put(machine: string, source: string, reader: number, key: string, digest: number, body: string): number {
    return (
      this.#one.run(machine, source, reader, key, digest, body).changes || this.#again.run(reader, key, digest).changes
    );
  }

  /** All observations of a key. */
  about(key: string): Observed<unknown>[] {
    return this.#find.all(key).map(seenOf);
  }

  /** The whole journal, key by key. */
  *all(): Generator<KeyHistory> {
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

function toldBy(rows: readonly Row[]): KeyHistory {
  const key = rows[0]?.key ?? "";
  return { kind: kindOf(key), key, seen: rows.map(seenOf) };
}

const seenOf = ({ key, machine, source, body, reader }: Row): Observed<unknown> => ({
  machine,
  source,
  reader,
  body: decodeBody(kindOf(key), body),
});

const kindOf = (key: string): Kind => key.slice(0, key.indexOf(":")) as Kind;
