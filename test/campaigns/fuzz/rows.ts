import { Database } from "bun:sqlite";
import { join } from "node:path";
import { sourceFileOf } from "../../../src/collector/source-file.ts";
import type { Observation, SkipReason } from "../../../src/model/observation.ts";
import type { Phase, Tables } from "../../../src/sources/contract.ts";
import { isFields, parseValue } from "../../../src/utils/json.ts";
import type { RecordResult } from "../../sources/alone.ts";
import { SourceHarness } from "../../sources/harness.ts";
import { openBytes, tablesOf } from "../../sources/grow.ts";
import { filesOf, type HomeFile, put } from "../../sources/home.ts";
import "../../sources/loaded.ts";
import { mutant, renumbered } from "../../sources/mutate.ts";
import { Random } from "../../sources/random.ts";
import type { RecordedHome } from "../../sources/recorded.ts";
import { checkNeighbours, type Intact, intactOf } from "./intact.ts";
import type { Tally } from "./tally.ts";
import { UsageRecord } from "./usage-record.ts";

type Cell = string | number | bigint | null | Uint8Array;
type Row = Record<string, Cell>;

/** Number of rows of each table that are copied. */
const FIRST = 500;

/**
 * Inserts damaged copies of rows, with their own ids, into the databases of a home. Each is first inserted alone into a
 * copy in memory to see what becomes of it. Then all are scanned together, and every response of the undamaged home
 * must be unchanged.
 */
export async function fuzzRows(home: RecordedHome, count: number, seed: number, tally: Tally): Promise<void> {
  const random = new Random(seed);
  const files = filesOf(home);
  const intact = await intactOf(home, files);
  for (const file of files.filter(({ store }) => store?.kind === "tables")) {
    using harness = new SourceHarness([home.source]);
    for (const one of files) put(harness, one);
    using memory = openBytes(file.bytes);
    const alone = new SingleRowReader(memory, harness, file);
    using database = new Database(join(harness.home, file.path));
    database.run("PRAGMA journal_mode = DELETE");
    const rows = rowsOf(database);
    const usage = new Map<Row, UsageRecord | null>();
    database.run("BEGIN");
    // The database itself rejects some rows.
    for (let [tried, done] = [0, 0]; done < count && tried < 3 * count && rows.length > 0; tried++) {
      const { table, unique, row } = random.of(rows);
      const other = renewed(row, intact, unique, tried + 1);
      const { how, row: bad } = damaged(other, random);
      if (!insert(database, table, bad)) continue;
      const what = `${home.name}, seed ${seed}, row ${done++} of ${table} (${how})`;
      tally.records++;
      const bytesOfRow = encoded(bad);
      await tally.try(what, bytesOfRow, () => {
        alone.read("activity", table, bad);
        if (!usage.has(row))
          usage.set(
            row,
            UsageRecord.of(encoded(other), (bytes) => alone.read("usage", table, decoded(bytes))),
          );
        const found = alone.read("usage", table, bad);
        const record = usage.get(row);
        if (record?.isUnderstood) tally.record(record.fateOf(bytesOfRow, found), what, bytesOfRow);
      });
    }
    database.run("COMMIT");
    database.close();
    await checkNeighbours(harness, intact, tally, `${home.name}, seed ${seed}, rows of ${file.path}`);
  }
}

/** Reads rows of all tables, with the columns of unique indexes. */
function rowsOf(database: Database): { table: string; unique: readonly string[]; row: Row }[] {
  return tablesOf(database).flatMap((table) => {
    const unique = database
      .query<{ name: string }, [string]>(
        'SELECT info.name FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info WHERE "unique" = 1',
      )
      .all(table)
      .map(({ name }) => name);
    const rows = database.query<Row, []>(`SELECT * FROM "${table}" LIMIT ${FIRST}`).all();
    return rows.map((row) => ({ table, unique, row }));
  });
}

/** Reads a database after inserting one more row. */
class SingleRowReader {
  readonly #database: Database;
  readonly #harness: SourceHarness;
  readonly #file: HomeFile;
  /** Observations without the row. */
  readonly #known: Record<Phase, { readonly observed: ReadonlySet<string>; readonly skipped: number }>;

  constructor(database: Database, harness: SourceHarness, file: HomeFile) {
    this.#database = database;
    this.#harness = harness;
    this.#file = file;
    const known = (phase: Phase) => {
      const { observed, skipped } = this.#readAll(phase);
      return { observed: new Set(observed.map((one) => JSON.stringify(one))), skipped: skipped.length };
    };
    this.#known = { usage: known("usage"), activity: known("activity") };
  }

  read(phase: Phase, table: string, row: Row): RecordResult {
    this.#database.run("SAVEPOINT alone");
    try {
      insert(this.#database, table, row);
      const { observed, skipped } = this.#readAll(phase);
      const known = this.#known[phase];
      const fresh = observed.filter((one) => !known.observed.has(JSON.stringify(one)));
      return { observed: fresh, skipped: skipped.length > known.skipped ? skipped : [], memory: null };
    } finally {
      this.#database.run("ROLLBACK TO alone");
      this.#database.run("RELEASE alone");
    }
  }

  #readAll(phase: Phase): { observed: Observation[]; skipped: SkipReason[] } {
    const { store, path, modifiedAt } = this.#file;
    if (store?.kind !== "tables") throw new Error(`${path} is not a database`);
    const observed: Observation[] = [];
    const skipped: SkipReason[] = [];
    const database = this.#database;
    const full = join(this.#harness.home, path);
    const tables: Tables = {
      ...sourceFileOf(full, modifiedAt.getTime()),
      columns: (table) =>
        database
          .query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)")
          .all(table)
          .map(({ name }) => name),
      rows: (sql, ...values) => database.prepare<Row, Cell[]>(sql).all(...values),
    };
    const emitter = {
      memory: null,
      emit: (one: Observation) => void observed.push(one),
      skip: (_: number, reason: SkipReason) => void skipped.push(reason),
    };
    for (const _ of store.read(phase, tables, emitter));
    return { observed, skipped };
  }
}

/** Encodes a row as one JSON record. JSON in its cells is embedded as JSON. */
function encoded(row: Row): Buffer {
  const parts = Object.entries(row).map(([name, cell]) => {
    const text = textIn(cell);
    if (typeof text === "bigint") return `${JSON.stringify(name)}:${text}`;
    return `${JSON.stringify(name)}:${isJson(text) ? text : (JSON.stringify(text) ?? "null")}`;
  });
  return Buffer.from(`{${parts.join(",")}}`);
}

/** Returns a cell as text if it was written as bytes. */
const textIn = (cell: Cell): Exclude<Cell, Uint8Array> =>
  cell instanceof Uint8Array ? Buffer.from(cell).toString() : cell;

/** Whether a cell is meant to be JSON. If it is damaged, the record is invalid JSON, too. */
const isJson = (cell: Cell): cell is string => typeof cell === "string" && cell.startsWith("{") && cell.length > 2;

function decoded(bytes: Buffer): Row {
  const value = parseValue(bytes.toString("utf8"));
  const cells = Object.entries(isFields(value) ? value : {});
  return Object.fromEntries(
    cells.map(([name, cell]) => [
      name,
      (typeof cell === "object" && cell !== null ? JSON.stringify(cell) : cell) as Cell,
    ]),
  );
}

const ODD: readonly Cell[] = [
  ..."abc -5 NaN __proto__ {} [] 2026-99-99 12abc".split(" "),
  null,
  "",
  "\0",
  "x".repeat(100_000),
  -1,
  0,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  9_223_372_036_854_775_807n,
  -9_223_372_036_854_775_808n,
  new Uint8Array(0),
  new Uint8Array([0xff, 0xfe, 0x00]),
  new Uint8Array(5_000),
];

/** Returns a row with unused ids, and with unused times where times are part of keys. */
function renewed(row: Row, { ids, times }: Intact, unique: readonly string[], number: number): Row {
  const fresh = { ...row };
  for (const [name, cell] of Object.entries(row)) {
    if (typeof cell !== "string") continue;
    const other = renumbered(Buffer.from(cell), ids, number)
      .toString()
      .replaceAll(/\b1[5-9]\d{11}\b/g, (time) => (times.has(time) ? String(Number(time) + number) : time));
    fresh[name] = other === cell && unique.includes(name) ? `${cell}f${number}` : other;
  }
  return fresh;
}

function damaged(row: Row, random: Random): { how: string; row: Row } {
  const name = random.of(Object.keys(row));
  const cell = textIn(row[name] ?? null);
  if (!isJson(cell) || random.below(8) === 0)
    return { how: `an odd value at ${name}`, row: { ...row, [name]: random.of(ODD) } };
  const { how, bytes } = mutant(Buffer.from(cell), random);
  return { how: `${how} in ${name}`, row: { ...row, [name]: random.below(10) > 0 ? bytes.toString() : bytes } };
}

/** Inserts a row with a new row id. Returns whether that was possible. */
function insert(database: Database, table: string, row: Row): boolean {
  const number = database
    .query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type LIKE 'INT%'")
    .get(table)?.name;
  const names = Object.keys(row).filter((name) => name !== number);
  const columns = names.map((name) => `"${name}"`).join(", ");
  const marks = names.map(() => "?").join(", ");
  try {
    const values = names.map((name) => row[name] ?? null);
    return database.query(`INSERT OR IGNORE INTO "${table}" (${columns}) VALUES (${marks})`).run(...values).changes > 0;
  } catch {
    return false;
  }
}
