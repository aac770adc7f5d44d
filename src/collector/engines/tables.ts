import { type Stats, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { errnoOf } from "../../utils/errors.ts";
import type { TableStore, Tables } from "../../sources/contract.ts";
import type { Engine, Look } from "./contract.ts";
import { besideOf, wholeTask } from "./whole.ts";

/**
 * SQLite databases of other programs. While one is in use nearly everything stands in its write-ahead log, so that it is
 * opened in place, read-only, with that log. One that nobody has open has no log: it is then read as unchangeable, because
 * SQLite would leave two files beside it otherwise. A row's place is its rowid where its source says so.
 */
export const tableEngine: Engine<TableStore> = {
  look: ({ path, stat }) => lookOf(path, stat),
  plan: (source, store, found, look, mark) => wholeTask(source, store, found, look, mark),
  *read(pass, { path, store, to }, findings) {
    const before = lookOf(path, statSync(path));
    const database = open(path);
    try {
      for (const _ of store.read(pass, tablesOf(path, before, database), findings)) yield { bytes: 0, reached: null };
    } catch (error) {
      // What another one keeps from us comes again; what is damaged stays so.
      if (!isDamage(error)) throw refused(error);
      findings.skipped(0, "bad_database");
    } finally {
      database.close();
    }
    const after = lookOf(path, statSync(path));
    if (!hasLog(path) && after.mtime !== before.mtime) throw refused(new Error("changed while it was read"));
    yield { bytes: to, reached: to };
  },
};

function lookOf(path: string, stat: Stats): Look {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return { size: stat.size + (log?.size ?? 0), mtime: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0) };
}

const hasLog = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

function open(path: string): DatabaseSync {
  const { DatabaseSync: Opener } = process.getBuiltinModule("node:sqlite");
  try {
    if (hasLog(path)) return new Opener(path, { readOnly: true });
    const address = process.getBuiltinModule("node:url").pathToFileURL(path);
    address.search = "immutable=1";
    return new Opener(address.href, { readOnly: true });
  } catch (error) {
    throw refused(error);
  }
}

const isDamage = (error: unknown): boolean => /malformed|not a database|no such|corrupt/i.test(String(error));

/** An error that concerns this file alone and now. */
const refused = (error: unknown): Error =>
  Object.assign(new Error("the database cannot be read now", { cause: error }), {
    syscall: "sqlite",
    code: errnoOf(error) ?? "SQLITE",
  });

function tablesOf(path: string, { mtime }: Look, database: DatabaseSync): Tables {
  return {
    path,
    written: Math.floor(mtime),
    beside: besideOf(path),
    columns: (table) =>
      database
        .prepare("SELECT name FROM pragma_table_info(?)")
        .all(table)
        .map(({ name }) => String(name)),
    *rows(sql, ...values) {
      const statement = database.prepare(sql);
      // As numbers they would end the reading where one is too large for a number.
      statement.setReadBigInts(true);
      for (const row of statement.iterate(...values)) yield plain(row);
    },
  };
}

function plain(row: Record<string, unknown>): Readonly<Record<string, unknown>> {
  for (const name in row) if (typeof row[name] === "bigint") row[name] = Number(row[name]);
  return row;
}
