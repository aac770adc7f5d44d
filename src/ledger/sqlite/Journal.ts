import type { Database, Statement } from "bun:sqlite";
import type { Observed } from "../../model/fact.ts";
import { decodeBody, kindOf } from "../../model/body.ts";
import type { Kind } from "../../model/observation.ts";
import type { PreparedEntry, PreparedObservation } from "../fold/prepare.ts";
import { journal } from "../tables/journal.ts";
import { columnList, columnsOf, type ColumnValue } from "../tables/table.ts";

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
  readonly born: number | null;
}

/** Whose observations a batch holds. */
interface Observer {
  readonly machine: string;
  readonly source: string;
  /** `observerOf` these two. */
  readonly hash: number;
  readonly level: number;
}

/** The birth of a ledger that is not known: later than any other. */
const UNBORN = Number.MAX_SAFE_INTEGER;
/** Rows per statement when there are many: one statement per row takes twice as long. */
const ROWS_PER_INSERT = 32;
/** Columns whose value all rows of a statement share. */
const SHARED = ["machine", "source", "observer", "level", "reader"];
const sharedCells = ({ machine, source, hash, level }: Observer, reader: number): ColumnValue[] => [
  machine,
  source,
  hash,
  level,
  reader,
];
/** Columns of which each row has its own value. */
const OWN = ["key", "digest", "day", "body"];
const pushOwn = (cells: ColumnValue[], key: string, { digest, day, body }: PreparedObservation): void =>
  void cells.push(key, digest, day, body);
const ROWS = `SELECT key, machine, source, body, reader, born FROM journal LEFT JOIN machine ON machine.id = machine`;

/** The statement that inserts so many observations of one observer. */
function insertRows(rows: number): string {
  const columns = columnsOf(journal, "seq");
  const numbers = new Map<string, number>(SHARED.map((column, at) => [column, at + 1]));
  const valuesOf = (row: number): string => {
    for (const [at, column] of OWN.entries()) numbers.set(column, SHARED.length + row * OWN.length + at + 1);
    return `(${columnList(columns, (column) => `?${numbers.get(column)}`)})`;
  };
  const values = Array.from({ length: rows }, (_, row) => valuesOf(row)).join(", ");
  return `INSERT OR IGNORE INTO journal (${columnList(columns)}) VALUES ${values}`;
}

/** The observations as they came, each once, with the newest reader that made it. */
export class Journal {
  readonly #database: Database;
  readonly #insertOne: Statement<unknown, ColumnValue[]>;
  #insertMany: Statement<unknown, ColumnValue[]> | null = null;
  readonly #raiseReader: Statement<
    unknown,
    [reader: number, level: number, key: string, digest: number, observer: number]
  >;
  readonly #find: Statement<StoredObservation, [string]>;

  constructor(database: Database) {
    this.#database = database;
    this.#insertOne = database.prepare(insertRows(1));
    // With a new number, so that hubs learn of it. The insert that was ignored has used up a number, so AUTOINCREMENT gives none twice even
    // if this row is removed. Replacing the row would take twice as long; an upsert, a fifth longer for new rows.
    this.#raiseReader = database.prepare(
      `UPDATE journal SET seq = (SELECT MAX(seq) FROM journal) + 1, reader = ?1, level = ?2
       WHERE key = ?3 AND digest = ?4 AND observer = ?5 AND reader < ?1`,
    );
    this.#find = database.prepare(`${ROWS} WHERE key = ?`);
  }

  /** Appends the observations of one key; returns how many of them are new, or by a newer reader. */
  append({ key, observations, reader }: PreparedEntry, observer: Observer): number {
    let fresh = 0;
    for (const one of observations) fresh += this.#insert(observer, reader, key, one);
    return fresh;
  }

  /** Appends the observations of many keys, none of which has facts; returns how many of them are new. */
  appendAll(entries: readonly PreparedEntry[], observer: Observer): number {
    let fresh = 0;
    let current = entries[0]?.reader ?? 0;
    let cells = sharedCells(observer, current);
    let keys: string[] = [];
    let pending: PreparedObservation[] = [];
    const begin = (reader: number): void => {
      current = reader;
      cells = sharedCells(observer, reader);
      keys = [];
      pending = [];
    };
    const appendEach = (): void =>
      pending.forEach((one, at) => (fresh += this.#insert(observer, current, keys[at] as string, one)));
    for (const { key, observations, reader } of entries) {
      if (reader !== current) {
        appendEach();
        begin(reader);
      }
      for (const one of observations) {
        pushOwn(cells, key, one);
        keys.push(key);
        pending.push(one);
        if (pending.length < ROWS_PER_INSERT) continue;
        // Some are there already: an observation that an older reader withdrew may hold again.
        this.#insertMany ??= this.#database.prepare(insertRows(ROWS_PER_INSERT));
        const { changes } = this.#insertMany.run(...cells);
        fresh += changes;
        if (changes < ROWS_PER_INSERT) appendEach();
        begin(reader);
      }
    }
    appendEach();
    return fresh;
  }

  /** Inserts an observation, or stores that this reader made it too; returns 0 if neither is new. */
  #insert(observer: Observer, reader: number, key: string, one: PreparedObservation): number {
    const cells = sharedCells(observer, reader);
    pushOwn(cells, key, one);
    return (
      this.#insertOne.run(...cells).changes ||
      this.#raiseReader.run(reader, observer.level, key, one.digest, observer.hash).changes
    );
  }

  /** Whether there is an observation of a key. */
  has(key: string): boolean {
    return this.#database.query("SELECT 1 FROM journal WHERE key = ? LIMIT 1").get(key) !== null;
  }

  /** Removes what a machine sent about a key at another level: two texts of one observation would count as two. Returns whether there was any. */
  dropOtherLevels(key: string, { machine, level }: Observer): boolean {
    const drop = this.#database.query("DELETE FROM journal WHERE key = ? AND machine = ? AND level <> ?");
    return drop.run(key, machine, level).changes > 0;
  }

  /** All observations of a key of a kind. */
  observationsOf(kind: Kind, key: string): Observed<unknown>[] {
    return this.#find.all(key).map((row) => observedOf(kind, row));
  }

  /** The whole journal, key by key, without kinds that this version does not know. */
  *all(): Generator<KeyHistory> {
    let rows: StoredObservation[] = [];
    for (const row of this.#database.query<StoredObservation, []>(`${ROWS} ORDER BY key`).iterate()) {
      if (rows[0] && rows[0].key !== row.key) {
        yield* historyOf(rows);
        rows = [];
      }
      rows.push(row);
    }
    if (rows.length > 0) yield* historyOf(rows);
  }
}

function historyOf(rows: readonly StoredObservation[]): KeyHistory[] {
  const key = rows[0]?.key ?? "";
  const kind = kindOf(key);
  return kind === null ? [] : [{ kind, key, observations: rows.map((row) => observedOf(kind, row)) }];
}

const observedOf = (kind: Kind, { machine, source, body, reader, born }: StoredObservation): Observed<unknown> => ({
  machine,
  source,
  reader,
  born: born ?? UNBORN,
  body: decodeBody(kind, body),
});
