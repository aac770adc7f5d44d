import { constants, Database } from "bun:sqlite";
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, messageOf, PawprintError } from "../utils/errors.ts";
import { ensureOwnFile, throughLinks } from "../utils/files.ts";
import { refuseRootAmongOthersSync } from "../utils/ownership.ts";
import { clean } from "../utils/terminal.ts";
import { migrations } from "./migrations/all.ts";

/** How long a writer waits for another one if nobody says otherwise, milliseconds; one batch takes far less. */
export const BUSY_MS = 10_000;
/** Keys come in no order, so that the pages of their indexes have to stay in memory while much is written. */
const CACHE_KIB = 65_536;
/** Bytes of a page: with four times SQLite's usual many rows are written a fifth faster. */
const PAGE = 16_384;
/** Pages after which the write-ahead log is copied into the database. */
const CHECKPOINT_PAGES = 4_096;

/**
 * Opens the ledger's database, 0600, never through a link, and brings its tables up to date. In memory where the path is
 * ":memory:". Throws file_refused, directory_unusable, or ledger_newer when a later version of this program wrote it; and
 * what ledgerError makes of what the disk or SQLite refuses.
 */
export function openDatabase(path: string, busyMs: number): Database {
  const until = performance.now() + busyMs;
  for (;;) {
    try {
      return open(path, busyMs);
    } catch (error) {
      // Some of those that make a ledger at the same moment are refused by SQLite without any waiting.
      const isBusy = /BUSY|LOCKED/.test(errnoOf(error) ?? "");
      if (!isBusy || performance.now() >= until) throw ledgerError(path, error);
      Bun.sleepSync(1 + Math.random() * 10);
    }
  }
}

/** What SQLite or the disk refuses as an error of ours that names the ledger; anything else as it is. */
export function ledgerError(path: string, error: unknown): unknown {
  if (error instanceof PawprintError) return error;
  // Text of the ledger that is no JSON: it was written as such.
  if (error instanceof SyntaxError) return damaged(path, "a row holds no JSON", error);
  const code = errnoOf(error);
  if (code === null) return error;
  const elsewhere = "or set PET_LEDGER_PATH to another file";
  if (/NOTADB|CORRUPT/.test(code)) return damaged(path, code, error);
  if (isOfSchema(error)) return schemaError(path, messageOf(error), error);
  if (/FULL|SHMSIZE|ENOSPC|EDQUOT/.test(code)) {
    const hint = "make room: the next scan goes on where this one ended";
    return new PawprintError("disk_full", `no space is left for the ledger ${path} (${code})`, hint, error);
  }
  if (/BUSY|LOCKED/.test(code)) {
    return new PawprintError("busy", `another process keeps the ledger ${path}`, "try again when it has ended", error);
  }
  if (
    /^SQLITE_(?:READONLY|CANTOPEN|IOERR|PERM|AUTH)|^E(?:ROFS|ACCES|PERM|IO|NOENT|NOTDIR|EXIST|ISDIR|LOOP|NAMETOOLONG|MFILE|NFILE|BUSY)$/.test(
      code,
    )
  ) {
    const hint = `make it and its directory writable for you, ${elsewhere}`;
    return new PawprintError("write_failed", `the ledger ${path} cannot be written (${code})`, hint, error);
  }
  return error;
}

/**
 * An error as one that says that the ledger at a path is damaged, where SQLite finds it so: rows of a damaged one may be read
 * without an error, and then be anything. Any other error as it is.
 */
export function explained(path: string, error: unknown): unknown {
  if (error instanceof PawprintError) return error;
  if (isOfSchema(error)) return schemaError(path, messageOf(error), error);
  let database: Database | null = null;
  try {
    database = new Database(path, constants.SQLITE_OPEN_READONLY);
    const [found] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
    return found?.quick_check === "ok" ? error : damaged(path, clean(found?.quick_check ?? ""), error);
  } catch (failure) {
    return errnoOf(failure) === "SQLITE_CANTOPEN" ? error : ledgerError(path, failure);
  } finally {
    database?.close();
  }
}

/** The error that a ledger cannot be read as one, and what to do about it. */
export function damaged(path: string, why: string, cause?: unknown): PawprintError {
  const hint =
    "run: pawprint rebuild; it makes the ledger anew from what can be read of it and from the assistants' files, and keeps the old one";
  return new PawprintError("file_refused", `${path} is damaged, or no ledger (${why})`, hint, cause);
}

function foreign(path: string, why: string, cause?: unknown): PawprintError {
  const hint = "set PET_LEDGER_PATH to another file, or move this one away and run: pawprint rebuild";
  return new PawprintError("file_refused", `${path} is no ledger of pawprint (${why})`, hint, cause);
}

/** Whether SQLite misses a table or a column. */
const isOfSchema = (error: unknown): boolean =>
  errnoOf(error) === "SQLITE_ERROR" && /no such (?:table|column)|has no column/.test(messageOf(error));

/** What a missing table or column means: that the database is another program's, or that it is a ledger which is damaged. */
function schemaError(path: string, why: string, cause: unknown): PawprintError {
  let database: Database | null = null;
  try {
    database = new Database(path, constants.SQLITE_OPEN_READONLY);
    refuseForeignSchema(path, database);
    return damaged(path, why, cause);
  } catch (failure) {
    return failure instanceof PawprintError ? failure : damaged(path, why, cause);
  } finally {
    database?.close();
  }
}

/** Columns that the journal has had since the first version. */
const JOURNAL = ["key", "digest", "machine", "source", "body"];

/** Throws file_refused where a database is another program's: a ledger has a journal as ours is, and a new one has no tables. */
export function refuseForeignSchema(path: string, database: Database): void {
  const columns = database.query<{ name: string }, []>("SELECT name FROM pragma_table_info('journal')").all();
  const isJournal = new Set(JOURNAL).isSubsetOf(new Set(columns.map(({ name }) => name)));
  if (versionOf(database) >= 0 && (isJournal || !hasTables(database))) return;
  throw foreign(path, "it holds other tables");
}

const hasTables = (database: Database): boolean =>
  database.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1").get() !== null;

function open(path: string, busyMs: number): Database {
  if (path !== ":memory:") {
    // Made for us alone where it is missing; what is there already may be anybody's, and stays as it is.
    refuseRootAmongOthersSync(path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    ensureOwnFile(path);
  }
  const before = inodeOf(path);
  const database =
    path === ":memory:"
      ? new Database(path)
      : new Database(throughLinks(path), constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW);
  try {
    database.run(`PRAGMA busy_timeout=${busyMs}`);
    if (versionOf(database) !== migrations.length) migrate(database, path);
    // A rebuild that was ended leaves another mode.
    if (path !== ":memory:" && modeOf(database) !== "wal") {
      database.transaction(() => refuseForeignSchema(path, database)).deferred();
      database.run("PRAGMA journal_mode=WAL");
    }
    // It may have been waited for until a rebuild put another file in its place.
    if (inodeOf(path) !== before) throw Object.assign(new Error("it was replaced"), { code: "SQLITE_BUSY" });
    // Not synced at every commit: what a power failure takes is read again from the files.
    database.run("PRAGMA synchronous=NORMAL");
    database.run(`PRAGMA cache_size=-${CACHE_KIB}`);
    database.run(`PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Throws file_refused or ledger_newer where a database is no ledger that this version can bring up to date. */
function refuseUnknown(database: Database, path: string): void {
  const version = versionOf(database);
  refuseForeignSchema(path, database);
  if (version > migrations.length) {
    throw new PawprintError(
      "ledger_newer",
      `${path} was written by a newer version of pawprint`,
      "update pawprint, or set PET_LEDGER_PATH to another file: this version cannot read it, nor rebuild it without loss",
    );
  }
  if (version === 0 && hasTables(database)) throw damaged(path, "it does not tell its version");
}

const versionOf = (database: Database): number =>
  database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;

const modeOf = (database: Database): string | undefined =>
  database.query<{ journal_mode: string }, []>("PRAGMA journal_mode").get()?.journal_mode;

const inodeOf = (path: string): number => (path === ":memory:" ? 0 : statSync(path).ino);

function migrate(database: Database, path: string): void {
  // Version and tables as they are at one moment: another process may be making the ledger.
  database.transaction(() => refuseUnknown(database, path)).deferred();
  // Of a new ledger only; what is there keeps its pages.
  database.run(`PRAGMA page_size=${PAGE}`);
  database.run("PRAGMA journal_mode=WAL");
  // Once more inside the transaction: another process may have been faster.
  database
    .transaction(() => {
      for (const migration of migrations.slice(versionOf(database))) database.run(migration.sql);
      database.run(`PRAGMA user_version=${migrations.length}`);
    })
    .immediate();
}
