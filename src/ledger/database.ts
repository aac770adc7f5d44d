import { constants, Database } from "bun:sqlite";
import { dirname } from "node:path";
import { PawprintError } from "../utils/errors.ts";
import { ensureOwnDirectory, ensureOwnFile, throughLinks } from "../utils/files.ts";
import { migrations } from "./migrations/all.ts";

/** How long a writer waits for another one, milliseconds; one batch takes far less. */
const BUSY_MS = 10_000;
/** Keys come in no order, so that the pages of their indexes have to stay in memory while much is written. */
const CACHE_KIB = 65_536;
/** Pages of 4 KiB after which the write-ahead log is copied into the database. */
const CHECKPOINT_PAGES = 8_192;

/**
 * Opens the ledger's database, 0600, never through a link, and brings its tables up to date. In memory where the path is
 * ":memory:". Throws file_refused, directory_unusable, or ledger_newer when a later version of this program wrote it.
 */
export function openDatabase(path: string): Database {
  if (path !== ":memory:") {
    ensureOwnDirectory(dirname(path));
    ensureOwnFile(path);
  }
  const database =
    path === ":memory:"
      ? new Database(path)
      : new Database(throughLinks(path), constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW);
  try {
    database.run(`PRAGMA busy_timeout=${BUSY_MS}`);
    if (versionOf(database) !== migrations.length) migrate(database, path);
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

const versionOf = (database: Database): number =>
  database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;

function migrate(database: Database, path: string): void {
  if (versionOf(database) > migrations.length) {
    throw new PawprintError(
      "ledger_newer",
      `${path} was written by a newer version of pawprint`,
      "update pawprint, or set PET_LEDGER_PATH to another file",
    );
  }
  database.run("PRAGMA journal_mode=WAL");
  // Once more inside the transaction: another process may have been faster.
  database
    .transaction(() => {
      for (const migration of migrations.slice(versionOf(database))) database.run(migration.sql);
      database.run(`PRAGMA user_version=${migrations.length}`);
    })
    .immediate();
}
