import { constants, Database } from "bun:sqlite";
import { PawprintError } from "../../utils/errors.ts";
import { createIfMissing, readAt, resolveDirectoryLinks, writeAll } from "../../utils/files.ts";

/** Bytes held in memory at a time. */
const CHUNK_BYTES = 1_048_576;
/** How long to wait for a writer of a database, milliseconds. */
const BUSY_MS = 10_000;

/** A part of an open file, bytes. */
export interface FileRange {
  readonly fd: number;
  readonly offset: number;
  readonly size: number;
}

/**
 * Reads a part of a file in chunks, writes it to `to` unless that is null, and returns its SHA-256 in hex. Throws busy if the
 * file is shorter.
 */
export function copyRange({ fd, offset, size }: FileRange, to: number | null): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (let done = 0; done < size;) {
    const chunk = readAt(fd, offset + done, Math.min(CHUNK_BYTES, size - done));
    if (chunk.length === 0)
      throw new PawprintError("busy", "a file became shorter while it was read", "try again in a moment");
    hash.update(chunk);
    if (to !== null) writeAll(to, chunk);
    done += chunk.length;
  }
  return hash.digest("hex");
}

/** Copies a SQLite database at one moment, while others write to it, to a new file of this user. Throws SQLite's errors. */
export function copyDatabase(path: string, into: string): void {
  createIfMissing(into);
  using database = new Database(
    resolveDirectoryLinks(path),
    constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW,
  );
  database.run(`PRAGMA busy_timeout=${BUSY_MS}`);
  database.query("VACUUM INTO ?").run(into);
}
