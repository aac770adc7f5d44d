import { constants, Database } from "bun:sqlite";
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, messageOf, PawprintError } from "../../utils/errors.ts";
import { ensureOwnFile, resolveDirectoryLinks } from "../../utils/files.ts";
import { refuseRootInForeignDirectorySync } from "../../utils/ownership.ts";
import { clean } from "../../utils/terminal.ts";
import { LEDGER_VERSION, runMigrations } from "./run-migrations.ts";

/** How long a writer waits for another one by default, milliseconds; one batch takes far less. */
export const BUSY_MS = 10_000;
/** How a database is written. */
interface Profile {
  /** Size of the page cache. Keys arrive in random order, so index pages must stay in memory during large writes. */
  readonly cacheKib: number;
  /** Bytes of a page of a new file; an existing one keeps its size. */
  readonly pageBytes: number;
  readonly synchronous: "NORMAL" | "FULL";
}

/** Pages after which the write-ahead log is copied into the database. */
const CHECKPOINT_PAGES = 4_096;

const profiles = {
  /**
   * For the ledger of one machine. At four times SQLite's default size of a page, bulk inserts are a fifth faster. Not synced at every
   * commit: what a power failure loses is read from the assistants' files again.
   */
  local: { cacheKib: 65_536, pageBytes: 16_384, synchronous: "NORMAL" },
  /** For a process that goes on sending: it reads a few rows at a time, and stays for days. */
  follower: { cacheKib: 2_048, pageBytes: 16_384, synchronous: "NORMAL" },
  /** For a hub, which acknowledges rows when they are on the disk, and commits a few rows at a time. */
  hub: { cacheKib: 16_384, pageBytes: 4_096, synchronous: "FULL" },
} as const satisfies Record<string, Profile>;

/** How a ledger is opened. */
export interface LedgerOptions {
  /** How long to wait for another writer, milliseconds. */
  readonly busyMs?: number | undefined;
  /** "local" if missing. */
  readonly profile?: keyof typeof profiles | undefined;
  /** Opens an existing ledger of this version for reading; nothing is created, migrated or changed. */
  readonly isReadOnly?: boolean | undefined;
}

/**
 * Opens the ledger's database with mode 0600, never through a link, and migrates its tables. The path ":memory:" opens
 * it in memory. Throws file_refused, directory_unusable, ledger_newer if a later version of pawprint wrote it, and what
 * ledgerError makes of disk and SQLite errors; for reading only, file_refused too if it has to be migrated.
 */
export function openDatabase(path: string, options: LedgerOptions = {}): Database {
  const until = performance.now() + (options.busyMs ?? BUSY_MS);
  for (;;) {
    try {
      return options.isReadOnly ? openForReading(path, options) : open(path, options);
    } catch (error) {
      // SQLite refuses some processes that create a ledger at the same moment without waiting.
      const isBusy = /BUSY|LOCKED/.test(errnoOf(error) ?? "");
      if (!isBusy || performance.now() >= until) throw forProfile(ledgerError(path, error), options.profile);
      Bun.sleepSync(1 + Math.random() * 10);
    }
  }
}

/**
 * Converts an error of SQLite or the disk to a PawprintError that names the ledger; returns any other error unchanged.
 */
export function ledgerError(path: string, error: unknown): unknown {
  if (error instanceof PawprintError) return error;
  // Text in the ledger that is not JSON, although it was written as JSON.
  if (error instanceof SyntaxError) return damagedError(path, "a row is not JSON", error);
  const code = errnoOf(error);
  if (code === null) return error;
  const elsewhere = "or set PET_LEDGER_PATH to another file";
  if (/NOTADB|CORRUPT/.test(code)) return damagedError(path, code, error);
  if (isSchemaError(error)) return schemaError(path, messageOf(error), error);
  if (/FULL|SHMSIZE|ENOSPC|EDQUOT/.test(code)) {
    const hint = "free some disk space: the next scan continues where this one stopped";
    return new PawprintError("disk_full", `no space is left for the ledger ${path} (${code})`, hint, error);
  }
  if (/BUSY|LOCKED/.test(code)) {
    return new PawprintError(
      "busy",
      `another process is using the ledger ${path}`,
      "try again when it has ended",
      error,
    );
  }
  if (
    /^SQLITE_(?:READONLY|CANTOPEN|IOERR|PERM|AUTH)|^E(?:ROFS|ACCES|PERM|IO|NOENT|NOTDIR|EXIST|ISDIR|LOOP|NAMETOOLONG|MFILE|NFILE|BUSY)$/.test(
      code,
    )
  ) {
    const hint = `make it and its directory writable, ${elsewhere}`;
    return new PawprintError("write_failed", `the ledger ${path} cannot be written (${code})`, hint, error);
  }
  return error;
}

/**
 * Converts an error to one that reports a damaged ledger if SQLite finds damage: rows of a damaged ledger may be read
 * without an error and contain anything. Returns any other error unchanged.
 */
export function explainLedgerError(path: string, error: unknown): unknown {
  if (error instanceof PawprintError) return error;
  if (isSchemaError(error)) return schemaError(path, messageOf(error), error);
  let database: Database | null = null;
  try {
    database = new Database(path, constants.SQLITE_OPEN_READONLY);
    const [found] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
    return found?.quick_check === "ok" ? error : damagedError(path, clean(found?.quick_check ?? ""), error);
  } catch (failure) {
    return errnoOf(failure) === "SQLITE_CANTOPEN" ? error : ledgerError(path, failure);
  } finally {
    database?.close();
  }
}

/** The error for a ledger that cannot be read, with a hint what to do. */
export function damagedError(path: string, why: string, cause?: unknown): PawprintError {
  return new PawprintError("file_refused", `${path} is damaged, or not a ledger (${why})`, REBUILD, cause);
}

const REBUILD =
  "run: pawprint rebuild; it builds a new ledger from what can be read of this one and from the assistants' files, and keeps the old one";
const ANOTHER_FILE = "set PET_LEDGER_PATH to another file, or move this one away and run: pawprint rebuild";
/** What to do where the file is that of a hub, which no file of an assistant can rebuild. */
const HUB_HINTS = new Map([
  [
    REBUILD,
    "restore it from a backup: pawprint restore FILE; without one, move it away, run pawprint serve and invite each machine again: it sends all that it has",
  ],
  [ANOTHER_FILE, "set PET_HUB_STORE to another file, or move this one away"],
]);

function forProfile(error: unknown, profile: LedgerOptions["profile"]): unknown {
  const hint = profile === "hub" && error instanceof PawprintError ? HUB_HINTS.get(error.hint) : undefined;
  if (hint === undefined || !(error instanceof PawprintError)) return error;
  return new PawprintError(error.code, error.message, hint, error.cause);
}

function foreignError(path: string, why: string, cause?: unknown): PawprintError {
  return new PawprintError("file_refused", `${path} is not a Pawprint ledger (${why})`, ANOTHER_FILE, cause);
}

/** Whether SQLite reports a missing table or column. */
const isSchemaError = (error: unknown): boolean =>
  errnoOf(error) === "SQLITE_ERROR" && /no such (?:table|column)|has no column/.test(messageOf(error));

/**
 * The error for a missing table or column: either the database belongs to another program, or it is a damaged ledger.
 */
function schemaError(path: string, why: string, cause: unknown): PawprintError {
  let database: Database | null = null;
  try {
    database = new Database(path, constants.SQLITE_OPEN_READONLY);
    refuseForeignSchema(path, database);
    return damagedError(path, why, cause);
  } catch (failure) {
    return failure instanceof PawprintError ? failure : damagedError(path, why, cause);
  } finally {
    database?.close();
  }
}

/** Columns that the journal has had since the first version. */
const JOURNAL_COLUMNS = ["key", "digest", "machine", "source", "body"];

/**
 * Throws file_refused if the database belongs to another program. A ledger has a journal with our columns; a new one
 * has no tables.
 */
export function refuseForeignSchema(path: string, database: Database): void {
  const columns = database.query<{ name: string }, []>("SELECT name FROM pragma_table_info('journal')").all();
  const isJournal = new Set(JOURNAL_COLUMNS).isSubsetOf(new Set(columns.map(({ name }) => name)));
  if (versionOf(database) >= 0 && (isJournal || !hasTables(database))) return;
  throw foreignError(path, "it holds other tables");
}

const hasTables = (database: Database): boolean =>
  database.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1").get() !== null;

function open(path: string, { busyMs = BUSY_MS, profile = "local" }: LedgerOptions): Database {
  const { cacheKib, pageBytes, synchronous } = profiles[profile];
  if (path !== ":memory:") {
    // Missing directories and files are created for this user only; existing ones keep their mode.
    refuseRootInForeignDirectorySync(path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    ensureOwnFile(path);
  }
  const before = inodeOf(path);
  const database =
    path === ":memory:"
      ? new Database(path)
      : new Database(resolveDirectoryLinks(path), constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW);
  try {
    database.run(`PRAGMA busy_timeout=${busyMs}`);
    database.run(`PRAGMA cache_size=-${cacheKib}`);
    if (versionOf(database) !== LEDGER_VERSION) migrate(database, path, pageBytes);
    // An interrupted rebuild leaves another mode.
    if (path !== ":memory:" && modeOf(database) !== "wal") {
      database.transaction(() => refuseForeignSchema(path, database)).deferred();
      database.run("PRAGMA journal_mode=WAL");
    }
    // A rebuild may have replaced the file while we waited for it.
    if (inodeOf(path) !== before) throw Object.assign(new Error("it was replaced"), { code: "SQLITE_BUSY" });
    database.run(`PRAGMA synchronous=${synchronous}`);
    database.run(`PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openForReading(path: string, { busyMs = BUSY_MS, profile = "local" }: LedgerOptions): Database {
  const database = new Database(
    resolveDirectoryLinks(path),
    constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_NOFOLLOW,
  );
  try {
    database.run(`PRAGMA busy_timeout=${busyMs}`);
    database.run(`PRAGMA cache_size=-${profiles[profile].cacheKib}`);
    database.transaction(() => refuseUnknown(database, path)).deferred();
    if (versionOf(database) !== LEDGER_VERSION) {
      const hint = "open it for writing with this version once, such as by any report or by: pawprint serve";
      throw new PawprintError("file_refused", `${path} was written by an older version of pawprint`, hint);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Throws file_refused or ledger_newer if this version cannot migrate the database. */
export function refuseUnknown(database: Database, path: string): void {
  const version = versionOf(database);
  refuseForeignSchema(path, database);
  if (version > LEDGER_VERSION) {
    throw new PawprintError(
      "ledger_newer",
      `${path} was written by a newer version of pawprint`,
      "update pawprint, or set PET_LEDGER_PATH to another file: this version can neither read it nor rebuild it without loss",
    );
  }
  if (version === 0 && hasTables(database)) throw damagedError(path, "it has no version");
}

const versionOf = (database: Database): number =>
  database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;

const modeOf = (database: Database): string | undefined =>
  database.query<{ journal_mode: string }, []>("PRAGMA journal_mode").get()?.journal_mode;

const inodeOf = (path: string): number => (path === ":memory:" ? 0 : statSync(path).ino);

function migrate(database: Database, path: string, pageBytes: number): void {
  // Reads version and tables from one snapshot, since another process may be creating the ledger.
  database.transaction(() => refuseUnknown(database, path)).deferred();
  // Applies to new ledgers only; an existing one keeps its page size.
  database.run(`PRAGMA page_size=${pageBytes}`);
  database.run("PRAGMA journal_mode=WAL");
  // Read again inside the transaction: another process may have migrated meanwhile.
  database.transaction(() => runMigrations(database, versionOf(database))).immediate();
}
