import { constants, Database } from "bun:sqlite";
import { ensureOwnFile, throughLinks } from "./files.ts";

/** A lock that the kernel frees when its holder dies, however it dies. */
export interface Lock {
  release(): void;
}

/**
 * Takes the lock of a file, or returns null when another process holds it. The lock is SQLite's on an empty database
 * that is only ever rolled back, so the file stays empty and a crash cannot spoil it. Throws when the file is not ours,
 * cannot be written (SQLite would lock nothing there) or holds something else.
 */
export function tryLock(path: string): Lock | null {
  ensureOwnFile(path);
  const database = new Database(
    throughLinks(path),
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
