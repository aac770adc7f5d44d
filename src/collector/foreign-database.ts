import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Tables } from "../sources/contract.ts";
import { errnoOf } from "../utils/errors.ts";
import { freeBytes } from "../utils/files.ts";

/** SQLITE_ERROR, as for a table that is missing, SQLITE_CORRUPT, SQLITE_AUTH, as for what is no table, and SQLITE_NOTADB. */
export const DAMAGE = new Set([1, 11, 23, 26]);
/** SQLITE_CANTOPEN. */
const CANNOT_OPEN = 14;
/** Bytes of a database and its log that are copied to be read; of a larger one nothing is. */
const LARGEST_COPY = 2_048 * 1_048_576;

/** The result code of an error of SQLite, its extension left out; null for any other error. */
export const resultOf = (error: unknown): number | null =>
  error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : null;

/** An error that concerns this file alone and now. */
export const refused = (error: unknown): Error =>
  Object.assign(new Error("the database cannot be read now", { cause: error }), {
    syscall: "sqlite",
    code: errnoOf(error) ?? "SQLITE",
  });

/** Whether a log, of what comes or of what was, stands beside a database. */
export const hasLog = (path: string): boolean => ["-wal", "-journal"].some((end) => sizeOf(path + end) > 0);

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * A database of another program, opened so that nothing is left beside it. While one is in use nearly everything stands in
 * its write-ahead log, so that it is opened in place, read-only, with that log and its index. One that nobody has open has no log: it is
 * read as unchangeable, because SQLite would make log and index otherwise. One with a log and without an index was copied, or
 * restored from a backup: SQLite would make the index, so that a copy is read.
 */
export class ForeignDatabase implements Disposable {
  readonly #database: DatabaseSync;
  /** Whether it is a table, by the name of everything that can be selected from. */
  readonly #isTable: ReadonlyMap<string, boolean>;

  /** Throws what `refused` makes, or SQLite's error. */
  constructor(path: string, isAtRest: boolean) {
    this.#database = open(path, isAtRest);
    try {
      // A schema of somebody else may call what is harmless only; sorting writes nothing to the disk.
      this.#database.exec("PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY");
      const rows = this.#database
        .prepare(
          "SELECT name, type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AS is_table FROM sqlite_schema WHERE type IN ('table', 'view')",
        )
        .all() as { name: string; is_table: number | null }[];
      this.#isTable = new Map(rows.map(({ name, is_table }) => [name, is_table === 1]));
      this.#guard();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Its tables; `took` is told of the texts in rows, by which others may have their turn. */
  tables(took: (length: number) => void): Pick<Tables, "columns" | "rows"> {
    const database = this.#database;
    return {
      columns: (table) => {
        const isTable = this.#isTable.get(table);
        if (isTable === undefined) return [];
        if (!isTable) throw Object.assign(new Error(`${table} is no table`), { errcode: 23 });
        return database
          .prepare("SELECT name FROM pragma_table_info(?)")
          .all(table)
          .map(({ name }) => String(name));
      },
      *rows(sql, ...values) {
        const statement = database.prepare(sql);
        // As numbers they would end the reading where one is too large for a number.
        statement.setReadBigInts(true);
        for (const row of statement.iterate(...values) as Iterable<Record<string, unknown>>) {
          for (const [name, cell] of Object.entries(row))
            if (typeof cell === "bigint") row[name] = Number(cell);
            else if (typeof cell === "string") took(cell.length);
          yield row;
        }
      },
    };
  }

  /** Refuses every statement that reads anything but tables: a view or a virtual table may compute without end, and may do anything. */
  #guard(): void {
    const { constants } = process.getBuiltinModule("node:sqlite");
    const { SQLITE_DENY, SQLITE_FUNCTION, SQLITE_OK, SQLITE_PRAGMA, SQLITE_READ, SQLITE_SELECT } = constants;
    const isAllowed = new Set([SQLITE_SELECT, SQLITE_FUNCTION]);
    this.#database.setAuthorizer((action, name, _column, _database, within) => {
      if (within !== null) return SQLITE_DENY;
      if (action === SQLITE_PRAGMA) return name === "table_info" ? SQLITE_OK : SQLITE_DENY;
      if (action !== SQLITE_READ) return isAllowed.has(action) ? SQLITE_OK : SQLITE_DENY;
      return name === "pragma_table_info" || this.#isTable.get(name ?? "") === true ? SQLITE_OK : SQLITE_DENY;
    });
  }
}

function open(path: string, isAtRest: boolean): DatabaseSync {
  try {
    if (isAtRest) return openAt(path, "immutable=1");
    if (existsSync(`${path}-shm`) || sizeOf(`${path}-wal`) === 0) return openAt(path, "");
    return isLocked(path) ? openAt(path, "") : openCopy(path);
  } catch (error) {
    throw refused(error);
  }
}

function openAt(path: string, options: string): DatabaseSync {
  const { DatabaseSync: Opener } = process.getBuiltinModule("node:sqlite");
  const address = process.getBuiltinModule("node:url").pathToFileURL(path);
  address.search = options;
  return new Opener(address.href, { readOnly: true });
}

/** Whether its program keeps a database with a log and without an index for itself. Throws SQLite's error where it does. */
function isLocked(path: string): boolean {
  // With this option SQLite makes no index: it asks for the lock, and then finds that there is none.
  const database = openAt(path, "readonly_shm=1");
  try {
    database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").all();
    return true;
  } catch (error) {
    if (resultOf(error) === CANNOT_OPEN) return false;
    throw error;
  } finally {
    database.close();
  }
}

/** Opens a copy of a database and its log, in a folder of ours that is removed at once: what is open can be read all the same. */
function openCopy(path: string): DatabaseSync {
  const size = sizeOf(path) + sizeOf(`${path}-wal`);
  const { tmpdir } = process.getBuiltinModule("node:os");
  if (size > LARGEST_COPY || size * 1.1 > freeBytes(tmpdir())) throw new Error("there is no room for a copy of it");
  const folder = mkdtempSync(join(tmpdir(), `pawprint-copy-${process.pid}-`));
  try {
    const copy = join(folder, "copy.db");
    const [before, logBefore] = [stampOf(path), stampOf(`${path}-wal`)];
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    if (before !== stampOf(path) || logBefore !== stampOf(`${path}-wal`))
      throw new Error("it changed while it was copied");
    const database = openAt(copy, "");
    // Opens the log and makes the index.
    database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").all();
    return database;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stampOf(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${size} ${mtimeMs} ${ino}`;
}
