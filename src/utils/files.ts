import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf, PawprintError } from "./errors.ts";
import { refused, refuseForeign, refuseRootInForeignDirectorySync } from "./ownership.ts";
import { temporaryFor } from "./small-files.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/**
 * Opens a file of the log and restricts it to mode 0600. Throws file_refused for links, FIFOs, devices, files of other
 * users and hard-linked files; other errors of the system are passed on.
 */
export function openOwn(path: string, mode: "read" | "append" | "write"): number {
  if (mode !== "read") refuseRootInForeignDirectorySync(path);
  const flags = mode === "read" ? O_RDONLY : mode === "append" ? O_RDWR | O_APPEND | O_CREAT : O_RDWR | O_CREAT;
  let fd: number;
  try {
    fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    if (["ELOOP", "ENXIO", "EISDIR"].includes(errnoOf(error) ?? ""))
      throw refused(path, "is not a regular file", error);
    throw error;
  }
  try {
    const found = fstatSync(fd);
    refuseForeign(path, found);
    if (found.mode & 0o077) fchmodSync(fd, 0o600);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Suffixes of the files that SQLite creates beside a database. */
const SQLITE_SUFFIXES = ["-journal", "-wal", "-shm"];
/**
 * Prepares a file for SQLite: creates it empty if missing, and checks it and the files that SQLite creates beside it by
 * the rules of openOwn. Existing files are checked without opening them, because closing any descriptor of a file
 * releases all locks that the process holds on it. Throws file_refused, or the system's error.
 */
export function ensureOwnFile(path: string): void {
  refuseRootInForeignDirectorySync(path);
  for (const end of SQLITE_SUFFIXES) checkOwn(path + end);
  try {
    createIfMissing(path);
  } catch (error) {
    if (errnoOf(error) === "ELOOP") throw refused(path, "is not a regular file", error);
    throw error;
  }
  checkOwn(path);
}

/** Throws file_refused for an existing path that is not a regular file of this user with a single link. */
function checkOwn(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  // SQLite deletes the files beside a database, possibly at this moment.
  if (!stat || stat.nlink === 0) return;
  refuseForeign(path, stat);
  if ((stat.mode & 0o077) === 0) return;
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/**
 * The path with the links in its directory resolved. With SQLITE_OPEN_NOFOLLOW, SQLite rejects a link anywhere in the
 * path.
 */
export function resolveDirectoryLinks(path: string): string {
  return `${realpathSync(dirname(path))}/${basename(path)}`;
}

/** The path with all links resolved; null if it does not exist or cannot be reached. */
export const realPath = (path: string): string | null => orNull(() => realpathSync(path));

/** Writes all bytes, continuing after short writes. */
export function writeAll(fd: number, bytes: Uint8Array, position: number | null = null): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done);
  }
}

/** Reads up to `length` bytes from `position`; fewer at the end of the file. */
export function readAt(fd: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

/** The text of one of our own files; null if it does not exist. Throws like openOwn. */
export function readOwn(path: string, cap = 1_048_576): string | null {
  let fd: number;
  try {
    fd = openOwn(path, "read");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  try {
    return new TextDecoder().decode(readAt(fd, 0, Math.min(fstatSync(fd).size, cap)));
  } finally {
    closeSync(fd);
  }
}

/** Names in a directory, in no particular order; none if it does not exist. Throws the system's other errors. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * The bytes of a regular file of any user; null if it does not exist. Never blocks on a FIFO or a device. Throws
 * file_refused if it is not a regular file or has more than `cap` bytes; other errors of the system are passed on.
 */
export function readPlain(path: string, cap = 16 * 1_048_576): Uint8Array | null {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new PawprintError("file_refused", `${path} is not a regular file`, "move it away");
    if (stat.size > cap) {
      throw new PawprintError("file_refused", `${path} has ${stat.size} bytes`, `at most ${cap} are read`);
    }
    return readAt(fd, 0, stat.size);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a file that appears under its name, as a whole, at `commit`: temporary file beside it, fsync, rename, fsync of the
 * directory. Without a commit, what was there before stays. Throws the system's errors.
 */
export class FileReplacement implements Disposable {
  readonly #path: string;
  readonly #temporary: string;
  readonly #mode: number;
  #fd: number | null;
  #isCommitted = false;

  constructor(path: string, mode = 0o600) {
    refuseRootInForeignDirectorySync(path);
    this.#path = path;
    this.#temporary = temporaryFor(path);
    this.#mode = mode;
    this.#fd = openSync(this.#temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  }

  /** Appends to the file and returns the number of bytes. */
  write(content: string | Uint8Array): number {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    if (this.#fd !== null) writeAll(this.#fd, bytes);
    return bytes.length;
  }

  commit(): void {
    if (this.#fd === null) return;
    // The umask may have taken bits away.
    fchmodSync(this.#fd, this.#mode);
    fdatasyncSync(this.#fd);
    this.#close();
    renameSync(this.#temporary, this.#path);
    this.#isCommitted = true;
    syncDirectory(dirname(this.#path));
  }

  [Symbol.dispose](): void {
    this.#close();
    if (!this.#isCommitted) removeIfPresent(this.#temporary);
  }

  #close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

/** Replaces a file atomically, as FileReplacement does. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  using file = new FileReplacement(path, mode);
  file.write(content);
  file.commit();
}

/** Makes the names in a directory durable. Not possible, and not needed, on Windows. */
export function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(path, O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Creates an empty file; returns false if it already exists. Atomic, so exactly one of several processes succeeds. */
export function createIfMissing(path: string): boolean {
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Creates a small file; returns false if it already exists. */
export async function writeIfMissing(path: string, text: string): Promise<boolean> {
  try {
    await process.getBuiltinModule("node:fs/promises").writeFile(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Returns a path where nothing is yet: the given one, or with a number appended. */
export function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

/** Removes a file if it exists. */
export function removeIfPresent(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** Bytes available to this user on the file system of a path. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** Largest file of the zone database that is read, bytes. The largest real one has 4 KB. */
const MAX_ZONE_BYTES = 1_048_576;

/**
 * Access to the files that define the machine's time zone: the target of a link and the bytes of a regular file; null
 * on any error.
 */
export const zoneFiles = {
  link: (path: string): string | null => orNull(() => readlinkSync(path)),
  bytes: (path: string): Uint8Array | null => orNull(() => readPlain(path, MAX_ZONE_BYTES)),
};

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
