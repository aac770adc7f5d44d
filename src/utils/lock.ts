import { constants, Database } from "bun:sqlite";
import type { Clock } from "./clock.ts";
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

/** How long a process waits for the holder of a lock, and how often it tries, milliseconds. */
const WAIT_MS = 60_000;
const POLL_MS = 50;

/** Takes a lock by `take`, which returns null while another process holds it; null if it is still held after 60 s. */
export async function waitForLock(clock: Clock, take: () => Lock | null): Promise<Lock | null> {
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = take();
    if (lock !== null || waited >= WAIT_MS) return lock;
    await clock.sleep(POLL_MS);
  }
}
