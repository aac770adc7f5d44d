import { type Stats, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { errnoOf } from "../../utils/errors.ts";
import type { TableStore, Tables } from "../../sources/contract.ts";
import type { Engine, Look } from "./contract.ts";
import { sourceFileOf } from "../source-file.ts";
import { wholeTask } from "./whole.ts";

/** A file that holds anything and is smaller is no database, though SQLite takes it for an empty one. */
const SMALLEST = 512;

/**
 * SQLite databases of other programs. While one is in use nearly everything stands in its write-ahead log, so that it is
 * opened in place, read-only, with that log. One that nobody has open has no log: it is then read as unchangeable, because
 * SQLite would leave two files beside it otherwise. A row's place is its rowid where its source says so.
 */
export const tableEngine: Engine<TableStore> = {
  look: ({ path, stat }) => lookOf(path, stat),
  plan: (source, store, found, look, mark) => wholeTask(source, store, found, look, mark),
  *read(pass, { path, store, to }, findings) {
    const before = statSync(path);
    const isAtRest = !hasLog(path);
    let isDamaged = before.size > 0 && before.size < SMALLEST;
    let left = to;
    if (!isDamaged) {
      const database = open(path, isAtRest);
      let taken = 0;
      try {
        const tables = tablesOf(path, lookOf(path, before), database, (bytes) => (taken += bytes));
        for (const _ of store.read(pass, tables, findings)) {
          const bytes = Math.min(taken, left);
          yield { bytes, reached: null };
          [taken, left] = [0, left - bytes];
        }
      } catch (error) {
        const result = resultOf(error);
        if (result === null) throw error;
        // What another one keeps from us comes again; what is damaged stays so.
        if (!DAMAGE.has(result)) throw refused(error);
        isDamaged = true;
      } finally {
        database.close();
      }
    }
    if (isAtRest && (hasLog(path) || statSync(path).mtimeMs !== before.mtimeMs))
      throw refused(new Error("changed while it was read"));
    if (isDamaged) findings.skipped(0, "bad_database");
    yield { bytes: left, reached: to };
  },
};

function lookOf(path: string, stat: Stats): Look {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return { size: stat.size + (log?.size ?? 0), mtime: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0) };
}

/** Whether a log, of what comes or of what was, stands beside a database. */
const hasLog = (path: string): boolean =>
  ["-wal", "-journal"].some((end) => (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0) > 0);

function open(path: string, isAtRest: boolean): DatabaseSync {
  const { DatabaseSync: Opener } = process.getBuiltinModule("node:sqlite");
  try {
    if (!isAtRest) return new Opener(path, { readOnly: true });
    const address = process.getBuiltinModule("node:url").pathToFileURL(path);
    address.search = "immutable=1";
    return new Opener(address.href, { readOnly: true });
  } catch (error) {
    throw refused(error);
  }
}

/** SQLITE_ERROR, as for a table that is missing, SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE = new Set([1, 11, 26]);

/** The result code of an error of SQLite, its extension left out; null for any other error. */
const resultOf = (error: unknown): number | null =>
  error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : null;

/** An error that concerns this file alone and now. */
const refused = (error: unknown): Error =>
  Object.assign(new Error("the database cannot be read now", { cause: error }), {
    syscall: "sqlite",
    code: errnoOf(error) ?? "SQLITE",
  });

/** Tables of an open database; `took` is told of the texts in rows, by which others may have their turn. */
function tablesOf(path: string, { mtime }: Look, database: DatabaseSync, took: (length: number) => void): Tables {
  return {
    ...sourceFileOf(path, mtime),
    columns: (table) =>
      database
        .prepare("SELECT name FROM pragma_table_info(?)")
        .all(table)
        .map(({ name }) => String(name)),
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
