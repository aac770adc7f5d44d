import type { Database, Statement } from "bun:sqlite";
import type { Observed } from "../../model/fact.ts";
import { decodeBody } from "../../model/body.ts";
import type { Kind } from "../../model/observation.ts";
import type { PreparedEntry } from "../fold/prepare.ts";

/** The values that all rows of a statement share, followed by key, digest and body of each row. */
type Cells = [machine: string, source: string, reader: number, ...rows: (string | number)[]];

/** Everything that the journal holds about one key. */
export interface KeyHistory {
  readonly kind: Kind;
  readonly key: string;
  readonly observations: readonly Observed<unknown>[];
}

interface StoredObservation {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
  readonly body: string;
  readonly reader: number;
}

/** Rows per statement when there are many: one statement per row takes twice as long. */
const ROWS_PER_INSERT = 32;
/** Values that each row has of its own. */
const CELLS_PER_ROW = 3;
const COLUMNS = "key, machine, source, body, reader";

/** The observations as they came, each once, with the newest reader that made it; nothing is ever deleted. */
export class Journal {
  readonly #database: Database;
  readonly #insertOne: Statement<unknown, Cells>;
  readonly #insertMany: Statement<unknown, Cells>;
  readonly #raiseReader: Statement<unknown, [reader: number, key: string, digest: number]>;
  readonly #find: Statement<StoredObservation, [string]>;

  constructor(database: Database) {
    const row = (at: number): string => `(?${at + 1}, ?${at + 2}, ?1, ?2, ?${at + 3}, ?3)`;
    const rows = Array.from({ length: ROWS_PER_INSERT }, (_, index) => row((index + 1) * CELLS_PER_ROW)).join(", ");
    const into = "INTO journal (key, digest, machine, source, body, reader) VALUES";
    this.#database = database;
    this.#insertOne = database.prepare(`INSERT OR IGNORE ${into} ${row(CELLS_PER_ROW)}`);
    // An upsert would do both, but takes a fifth longer for new rows.
    this.#raiseReader = database.prepare(
      "UPDATE journal SET reader = ?1 WHERE key = ?2 AND digest = ?3 AND reader < ?1",
    );
    this.#insertMany = database.prepare(`INSERT OR IGNORE ${into} ${rows}`);
    this.#find = database.prepare(`SELECT ${COLUMNS} FROM journal WHERE key = ?`);
  }

  /** Appends the observations of one key; returns false if all are there already, by this reader or a newer one. */
  append({ key, observations, reader }: PreparedEntry, machine: string, source: string): boolean {
    let fresh = 0;
    for (let at = 0; at < observations.length; at += 2) {
      const [digest, body] = [observations[at] as number, observations[at + 1] as string];
      fresh += this.#insert(machine, source, reader, key, digest, body);
    }
    return fresh > 0;
  }

  /** Appends the observations of many keys, none of which has facts. */
  appendAll(entries: readonly PreparedEntry[], machine: string, source: string): void {
    const cells: Cells = [machine, source, entries[0]?.reader ?? 0];
    const appendEach = (): void => {
      for (let at = CELLS_PER_ROW; at < cells.length; at += CELLS_PER_ROW)
        this.#insert(machine, source, cells[2], String(cells[at]), Number(cells[at + 1]), String(cells[at + 2]));
      cells.length = CELLS_PER_ROW;
    };
    for (const { key, observations, reader } of entries) {
      if (reader !== cells[2]) {
        appendEach();
        cells[2] = reader;
      }
      for (let at = 0; at < observations.length; at += 2) {
        cells.push(key, observations[at] as number, observations[at + 1] as string);
        if (cells.length < (ROWS_PER_INSERT + 1) * CELLS_PER_ROW) continue;
        // Some are there already: an observation that an older reader withdrew may hold again.
        if (this.#insertMany.run(...cells).changes < ROWS_PER_INSERT) appendEach();
        cells.length = CELLS_PER_ROW;
      }
    }
    appendEach();
  }

  /** Inserts an observation, or stores that this reader made it too; returns 0 if neither is new. */
  #insert(machine: string, source: string, reader: number, key: string, digest: number, body: string): number {
    return (
      this.#insertOne.run(machine, source, reader, key, digest, body).changes ||
      this.#raiseReader.run(reader, key, digest).changes
    );
  }

  /** All observations of a key. */
  observationsOf(key: string): Observed<unknown>[] {
    return this.#find.all(key).map(observedOf);
  }

  /** The whole journal, key by key. */
  *all(): Generator<KeyHistory> {
    let rows: StoredObservation[] = [];
    for (const row of this.#database
      .query<StoredObservation, []>(`SELECT ${COLUMNS} FROM journal ORDER BY key`)
      .iterate()) {
      if (rows[0] && rows[0].key !== row.key) {
        yield historyOf(rows);
        rows = [];
      }
      rows.push(row);
    }
    if (rows.length > 0) yield historyOf(rows);
  }
}

function historyOf(rows: readonly StoredObservation[]): KeyHistory {
  const key = rows[0]?.key ?? "";
  return { kind: kindOf(key), key, observations: rows.map(observedOf) };
}

const observedOf = ({ key, machine, source, body, reader }: StoredObservation): Observed<unknown> => ({
  machine,
  source,
  reader,
  body: decodeBody(kindOf(key), body),
});

const kindOf = (key: string): Kind => key.slice(0, key.indexOf(":")) as Kind;
