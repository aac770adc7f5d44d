import { constants, Database } from "bun:sqlite";
import { ensureOwnFile, resolveDirectoryLinks } from "./files.ts";

/** A lock that the kernel releases when its holder dies, in whatever way. */
export interface Lock {
  release(): void;
}

/**
 * Takes the lock of a file; returns null if another process holds it. The lock is SQLite's lock on an empty database
 * whose transaction is always rolled back, so the file stays empty and a crash cannot damage it. Throws if the file is
 * not ours, is not writable (SQLite would lock nothing) or has other content.
 */
export function tryLock(path: string): Lock | null {
  ensureOwnFile(path);
  const database = new Database(
    resolveDirectoryLinks(path),
    constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW | constants.SQLITE_OPEN_PRIVATECACHE,
  );
  try {
    database.run("PRAGMA journal_mode=MEMORY");
    database.run("BEGIN IMMEDIATE");
    database.run("PRAGMA user_version=1");
  } catch (error) {
    database.close();
    if ((error as { code?: unknown }).code === "SQLITE_BUSY") return null;
    throw error;
  }
  return {
    release() {
      database.run("ROLLBACK");
      database.close();
    },
  };
}
