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
import { refused, refuseForeign, refuseRootAmongOthersSync } from "./ownership.ts";
import { temporaryFor } from "./small-files.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/**
 * Opens a file that belongs to the log: never through a link, never a FIFO or a device, never another user's or a
 * hard-linked one; tightened to 0600. Throws file_refused, or the system's error as it is.
 */
export function openOwn(path: string, mode: "read" | "append" | "write"): number {
  if (mode !== "read") refuseRootAmongOthersSync(path);
  const flags = mode === "read" ? O_RDONLY : mode === "append" ? O_RDWR | O_APPEND | O_CREAT : O_RDWR | O_CREAT;
  let fd: number;
  try {
    fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    if (["ELOOP", "ENXIO", "EISDIR"].includes(errnoOf(error) ?? "")) throw refused(path, "is no plain file", error);
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

/** What SQLite writes beside a database, by the ends of their names. */
const COMPANIONS = ["-journal", "-wal", "-shm"];
/**
 * A file for SQLite: created empty where it is missing, checked as openOwn does where it is there, and so is what SQLite
 * would write beside it. None is opened for that, because closing any descriptor of a file frees all locks that its
 * process holds on it. Throws file_refused, or the system's error as it is.
 */
export function ensureOwnFile(path: string): void {
  refuseRootAmongOthersSync(path);
  for (const end of COMPANIONS) checkOwn(path + end);
  try {
    createOnce(path);
  } catch (error) {
    if (errnoOf(error) === "ELOOP") throw refused(path, "is no plain file", error);
    throw error;
  }
  checkOwn(path);
}

/** Refuses what stands at a path and is not a file of ours with one name; nothing may stand there. */
function checkOwn(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  // SQLite removes what it wrote beside a database: it may be going at this moment.
  if (!stat || stat.nlink === 0) return;
  refuseForeign(path, stat);
  if ((stat.mode & 0o077) === 0) return;
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** The path with its directory's links resolved: SQLite, told to follow no link, refuses one anywhere in the path. */
export function throughLinks(path: string): string {
  return `${realpathSync(dirname(path))}/${basename(path)}`;
}

/** A path with all links resolved; null where nothing stands there that can be reached. */
export const realPath = (path: string): string | null => orNull(() => realpathSync(path));

/** Writes all bytes, going on after short writes. */
export function writeAll(fd: number, bytes: Uint8Array, position: number | null = null): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done);
  }
}

/** Up to `length` bytes from `position`; fewer at the end of the file. */
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

/** The text of one of our own files, null when there is none. Throws what openOwn throws. */
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

/**
 * The bytes of a plain file that may be anybody's; null when there is none. A FIFO or a device is never waited for. Throws
 * file_refused for what is no plain file or has more than `cap` bytes, or the system's error as it is.
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
    if (!stat.isFile()) throw new PawprintError("file_refused", `${path} is no plain file`, "move it away");
    if (stat.size > cap) {
      throw new PawprintError("file_refused", `${path} has ${stat.size} bytes`, `at most ${cap} are read`);
    }
    return readAt(fd, 0, stat.size);
  } finally {
    closeSync(fd);
  }
}

/** Replaces a file whole or not at all: temporary file beside it, fsync, rename, fsync of the directory. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  refuseRootAmongOthersSync(path);
  const temporary = temporaryFor(path);
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    try {
      fchmodSync(fd, mode);
      writeAll(fd, typeof content === "string" ? new TextEncoder().encode(content) : content);
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkQuietly(temporary);
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Makes the names in a directory durable; Windows cannot, and does not need it. */
export function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(path, O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Creates an empty file if there is none; false if there is one already. The one step that picks a single winner. */
export function createOnce(path: string): boolean {
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Creates a small file if there is none; false if there is one already. */
export async function writeOnce(path: string, text: string): Promise<boolean> {
  try {
    await process.getBuiltinModule("node:fs/promises").writeFile(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes a file that may be gone already. */
export function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** Bytes that are free for us on the file system of a path. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** The largest file of the zone database that is read, bytes: the largest there is has 4 KB. */
const MOST_ZONE = 1_048_576;

/** The files that tell the machine's time zone: where a link leads, and the bytes of a plain file; null where that cannot be told. */
export const zoneFiles = {
  link: (path: string): string | null => orNull(() => readlinkSync(path)),
  bytes: (path: string): Uint8Array | null => orNull(() => readPlain(path, MOST_ZONE)),
};

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
