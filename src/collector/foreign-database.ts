import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Tables } from "../sources/contract.ts";
import { errnoOf } from "../utils/errors.ts";
import { freeBytes } from "../utils/files.ts";

/**
 * SQLITE_ERROR (such as a missing table), SQLITE_CORRUPT, SQLITE_AUTH (such as a view instead of a table) and
 * SQLITE_NOTADB.
 */
export const DAMAGE = new Set([1, 11, 23, 26]);
/** SQLITE_CANTOPEN. */
const CANNOT_OPEN = 14;
/** The largest database, including its log, that is copied in order to be read. */
const MAX_COPY_BYTES = 2_048 * 1_048_576;

/** The result code of a SQLite error without its extension; null for any other error. */
export const resultOf = (error: unknown): number | null =>
  error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : null;

/** An error that concerns only this file, and only now. */
export const fileError = (error: unknown): Error =>
  Object.assign(new Error("the database cannot be read now", { cause: error }), {
    syscall: "sqlite",
    code: errnoOf(error) ?? "SQLITE",
  });

/** Whether a write-ahead log or a rollback journal exists beside a database. */
export const hasLog = (path: string): boolean => ["-wal", "-journal"].some((end) => sizeOf(path + end) > 0);

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * A database of another program, opened so that no file is left beside it. While its program uses it, nearly everything
 * is in its write-ahead log, so it is opened in place, read-only, with that log and its index. If no program has it
 * open, it has no log and is opened as immutable, because SQLite would create log and index otherwise. If it has a log
 * but no index, it was copied or restored from a backup: SQLite would create the index, so a copy is read.
 */
export class ForeignDatabase implements Disposable {
  readonly #database: DatabaseSync;
  /** Whether it is a table, by the name of everything that can be selected from. */
  readonly #isTable: ReadonlyMap<string, boolean>;

  /** Throws a `fileError`, or SQLite's error. */
  constructor(path: string, isAtRest: boolean) {
    this.#database = open(path, isAtRest);
    try {
      // A foreign schema may call harmless functions only; sorting writes nothing to the disk.
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

  /** Access to its tables; `onText` is called with the length of each text or blob in a row, to measure progress. */
  tables(onText: (length: number) => void): Pick<Tables, "columns" | "rows"> {
    const database = this.#database;
    return {
      columns: (table) => {
        const isTable = this.#isTable.get(table);
        if (isTable === undefined) return [];
        if (!isTable) throw Object.assign(new Error(`${table} is not a table`), { errcode: 23 });
        return database
          .prepare("SELECT name FROM pragma_table_info(?)")
          .all(table)
          .map(({ name }) => String(name));
      },
      *rows(sql, ...values) {
        const statement = database.prepare(sql);
        // As numbers, a value too large for a number would end the reading.
        statement.setReadBigInts(true);
        for (const row of statement.iterate(...values) as Iterable<Record<string, unknown>>) {
          for (const [name, cell] of Object.entries(row))
            if (typeof cell === "bigint") row[name] = Number(cell);
            else if (typeof cell === "string" || cell instanceof Uint8Array) onText(cell.length);
          yield row;
        }
      },
    };
  }

  /**
   * Refuses every statement that reads anything but tables: a view or a virtual table may compute endlessly or do
   * anything.
   */
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
    throw fileError(error);
  }
}

function openAt(path: string, options: string): DatabaseSync {
  const { DatabaseSync: Opener } = process.getBuiltinModule("node:sqlite");
  const address = process.getBuiltinModule("node:url").pathToFileURL(path);
  address.search = options;
  return new Opener(address.href, { readOnly: true });
}

/**
 * Whether its program has exclusively locked a database that has a log but no index. Throws SQLite's error if it is
 * locked.
 */
function isLocked(path: string): boolean {
  // With this option SQLite creates no index: it tries to lock it and then finds none.
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

/** Opens a copy of a database and its log in a temporary folder that is removed at once; open files stay readable. */
function openCopy(path: string): DatabaseSync {
  const size = sizeOf(path) + sizeOf(`${path}-wal`);
  const { tmpdir } = process.getBuiltinModule("node:os");
  if (size > MAX_COPY_BYTES || size * 1.1 > freeBytes(tmpdir()))
    throw new Error("there is not enough space for a copy of it");
  const folder = mkdtempSync(join(tmpdir(), `pawprint-copy-${process.pid}-`));
  try {
    const copy = join(folder, "copy.db");
    const [before, logBefore] = [stampOf(path), stampOf(`${path}-wal`)];
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    if (before !== stampOf(path) || logBefore !== stampOf(`${path}-wal`))
      throw new Error("it changed while it was copied");
    const database = openAt(copy, "");
    // Opens the log and creates the index.
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
