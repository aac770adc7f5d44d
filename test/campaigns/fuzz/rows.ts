import { Database } from "bun:sqlite";
import { join } from "node:path";
import { sourceFileOf } from "../../../src/collector/source-file.ts";
import type { Observation, SkipReason } from "../../../src/model/observation.ts";
import type { Phase, Tables } from "../../../src/sources/contract.ts";
import { isFields, valueOf } from "../../../src/utils/json.ts";
import type { Alone } from "../../sources/alone.ts";
import { SourceHarness } from "../../sources/harness.ts";
import { openBytes, tablesOf } from "../../sources/grow.ts";
import { filesOf, type HomeFile, put } from "../../sources/home.ts";
import "../../sources/loaded.ts";
import { mutant, renumbered } from "../../sources/mutate.ts";
import { Random } from "../../sources/random.ts";
import type { RecordedHome } from "../../sources/recorded.ts";
import { checkNeighbours, intactOf } from "./intact.ts";
import type { Tally } from "./tally.ts";
import { UsageRecord } from "./usage-record.ts";

type Cell = string | number | bigint | null | Uint8Array;
type Row = Record<string, Cell>;

/** Rows are copied from the first of each table. */
const FIRST = 500;

/**
 * Puts damaged copies of rows, under ids of their own, into the databases of a home: each alone into a copy in memory, which
 * tells what becomes of it; then all together, after which every response of the home must be as it was without them.
 */
export async function fuzzRows(home: RecordedHome, count: number, seed: number, tally: Tally): Promise<void> {
  const random = new Random(seed);
  const files = filesOf(home);
  const intact = await intactOf(home, files);
  for (const file of files.filter(({ store }) => store?.kind === "tables")) {
    using harness = new SourceHarness([home.source]);
    for (const one of files) put(harness, one);
    using memory = openBytes(file.bytes);
    const alone = new AloneRows(memory, harness, file);
    using database = new Database(join(harness.home, file.path));
    database.run("PRAGMA journal_mode = DELETE");
    const rows = rowsOf(database);
    const usage = new Map<Row, UsageRecord | null>();
    database.run("BEGIN");
    // The database itself refuses some.
    for (let [tried, done] = [0, 0]; done < count && tried < 3 * count && rows.length > 0; tried++) {
      const { table, unique, row } = random.of(rows);
      const other = renewed(row, intact.ids, unique, tried + 1);
      const { how, row: bad } = damaged(other, random);
      if (!insert(database, table, bad)) continue;
      const what = `${home.name}, seed ${seed}, row ${done++} of ${table} (${how})`;
      tally.records++;
      const told = encoded(bad);
      await tally.try(what, told, () => {
        alone.read("activity", table, bad);
        if (!usage.has(row))
          usage.set(
            row,
            UsageRecord.of(encoded(other), (bytes) => alone.read("usage", table, decoded(bytes))),
          );
        const found = alone.read("usage", table, bad);
        const record = usage.get(row);
        if (record?.isUnderstood) tally.tell(record.fateOf(told, found), what, told);
      });
    }
    database.run("COMMIT");
    database.close();
    await checkNeighbours(harness, intact, tally, `${home.name}, seed ${seed}, rows of ${file.path}`);
  }
}

/** Rows of all tables, with the columns by which a table tells its rows apart. */
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

/** Reads a database into which one row more was put. */
class AloneRows {
  readonly #database: Database;
  readonly #harness: SourceHarness;
  readonly #file: HomeFile;
  /** What is found without it. */
  readonly #known: Record<Phase, { readonly observed: ReadonlySet<string>; readonly skipped: number }>;

  constructor(database: Database, harness: SourceHarness, file: HomeFile) {
    this.#database = database;
    this.#harness = harness;
    this.#file = file;
    const known = (pass: Phase) => {
      const { observed, skipped } = this.#readAll(pass);
      return { observed: new Set(observed.map((one) => JSON.stringify(one))), skipped: skipped.length };
    };
    this.#known = { usage: known("usage"), activity: known("activity") };
  }

  read(pass: Phase, table: string, row: Row): Alone {
    this.#database.run("SAVEPOINT alone");
    try {
      insert(this.#database, table, row);
      const { observed, skipped } = this.#readAll(pass);
      const known = this.#known[pass];
      const fresh = observed.filter((one) => !known.observed.has(JSON.stringify(one)));
      return { observed: fresh, skipped: skipped.length > known.skipped ? skipped : [], memory: null };
    } finally {
      this.#database.run("ROLLBACK TO alone");
      this.#database.run("RELEASE alone");
    }
  }

  #readAll(pass: Phase): { observed: Observation[]; skipped: SkipReason[] } {
    const { store, path, written } = this.#file;
    if (store?.kind !== "tables") throw new Error(`${path} is no database`);
    const observed: Observation[] = [];
    const skipped: SkipReason[] = [];
    const database = this.#database;
    const full = join(this.#harness.home, path);
    const tables: Tables = {
      ...sourceFileOf(full, written.getTime()),
      columns: (table) =>
        database
          .query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)")
          .all(table)
          .map(({ name }) => name),
      rows: (sql, ...values) => database.prepare<Row, Cell[]>(sql).all(...values),
    };
    const findings = {
      memory: null,
      observed: (one: Observation) => void observed.push(one),
      skipped: (_: number, reason: SkipReason) => void skipped.push(reason),
    };
    for (const _ of store.read(pass, tables, findings));
    return { observed, skipped };
  }
}

/** A row as one record: what is JSON in it stands in it as such. */
function encoded(row: Row): Buffer {
  const parts = Object.entries(row).map(([name, cell]) => {
    const text = textIn(cell);
    if (typeof text === "bigint") return `${JSON.stringify(name)}:${text}`;
    return `${JSON.stringify(name)}:${isJson(text) ? text : (JSON.stringify(text) ?? "null")}`;
  });
  return Buffer.from(`{${parts.join(",")}}`);
}

/** Text, also where it was written as bytes. */
const textIn = (cell: Cell): Exclude<Cell, Uint8Array> =>
  cell instanceof Uint8Array ? Buffer.from(cell).toString() : cell;

/** Also where it is damaged: then the record is none either. */
const isJson = (cell: Cell): cell is string => typeof cell === "string" && cell.startsWith("{") && cell.length > 2;

function decoded(bytes: Buffer): Row {
  const value = valueOf(bytes.toString("utf8"));
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

/** A row with ids that no other one has. */
function renewed(row: Row, ids: ReadonlySet<string>, unique: readonly string[], number: number): Row {
  const fresh = { ...row };
  for (const [name, cell] of Object.entries(row)) {
    if (typeof cell !== "string") continue;
    const other = renumbered(Buffer.from(cell), ids, number).toString();
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

/** Whether a row could be put in; it gets a number of its own. */
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
