import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname } from "node:path";
import { openOwn, readAt, replaceFile, syncDirectory, unlinkQuietly, writeAll } from "../utils/files.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { lastLineEnd, LONGEST, readLines } from "../utils/tail.ts";

/** Bytes that are looked through at a time for a record's id, beginning with the last. */
const BLOCK_BYTES = 262_144;

/** Within which bounds a log stays. */
export interface JsonlBounds {
  /** Bytes that no file of the log exceeds. */
  readonly maxSize: number;
  /** Rotated files kept. */
  readonly maxFiles: number;
}

/**
 * An append-only file of JSON lines that rotates into <path>.000001, .000002, ... Only the holder of the log's lock may
 * append. A kill -9 in the middle of a write leaves a fragment without newline, which the next append cuts off and keeps
 * in <path>.torn-000001, so no complete line is ever touched.
 */
export class JsonlWriter {
  readonly path: string;
  readonly #bounds: JsonlBounds;

  constructor(path: string, bounds: JsonlBounds) {
    this.path = path;
    this.#bounds = bounds;
  }

  /** Appends one record durably unless one with its id is there since the interval began that the id tells (or among the last). Throws write_failed or the system's error. */
  append(record: { readonly id: string }): "written" | "known" {
    const line = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
    if (line.length > this.#bounds.maxSize) {
      throw new PawprintError(
        "write_failed",
        `a record of ${line.length} bytes is larger than PET_LOG_MAX_SIZE`,
        `set it above ${line.length}`,
      );
    }
    let fd = openOwn(this.path, "append");
    try {
      let size = this.#repair(fd);
      if (this.#knows(fd, size, record.id)) return "known";
      if (size > 0 && size + line.length > this.#bounds.maxSize) {
        closeSync(fd);
        fd = -1;
        this.#rotate();
        fd = openOwn(this.path, "append");
        size = 0;
      }
      try {
        writeAll(fd, line);
        fdatasyncSync(fd);
      } catch (error) {
        ftruncateSync(fd, size);
        throw error;
      }
      return "written";
    } finally {
      if (fd !== -1) closeSync(fd);
    }
  }

  /** The last complete line; null where there is none. */
  last(): string | null {
    for (const file of this.files().toReversed()) {
      const fd = openOwn(file, "read");
      try {
        const end = lastLineEnd(fd, fstatSync(fd).size);
        const start = lastLineEnd(fd, end - 1);
        // A file may have nothing yet: a worker was killed between rotation and write.
        if (end > 0) return new TextDecoder().decode(readAt(fd, start, Math.min(end - 1 - start, LONGEST)));
      } finally {
        closeSync(fd);
      }
    }
    return null;
  }

  /** The log's files that exist, oldest first, the one that is written last. */
  files(): string[] {
    return [...this.#numbered(""), ...(this.#exists() ? [this.path] : [])];
  }

  /** Every complete line of the log, oldest file first; a file that a rotation removes meanwhile is passed over. */
  *lines(since: number): Generator<string> {
    for (const file of this.files()) {
      try {
        if (Bun.file(file).lastModified >= since) yield* readLines(file);
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
      }
    }
  }

  /** Cuts a torn tail off and keeps it aside; returns the size that remains. */
  #repair(fd: number): number {
    const { size } = fstatSync(fd);
    const end = lastLineEnd(fd, size);
    if (end === size) return size;
    replaceFile(this.#next("torn-"), readAt(fd, end, Math.min(size - end, this.#bounds.maxSize)));
    this.#prune("torn-");
    ftruncateSync(fd, end);
    return end;
  }

  #knows(fd: number, size: number, id: string): boolean {
    const mark = Buffer.from(`"id":${JSON.stringify(id)},`);
    const since = intervalOf(id);
    const found = holds(fd, size, mark, since);
    if (found !== "not yet") return found;
    for (const file of this.#numbered("").toReversed()) {
      let rotated: number;
      try {
        rotated = openOwn(file, "read");
      } catch (error) {
        // Not ours any more, such as one that a backup holds by another name: nothing is written to it, and the log goes on.
        if (error instanceof PawprintError) continue;
        throw error;
      }
      try {
        const before = holds(rotated, fstatSync(rotated).size, mark, since);
        if (before !== "not yet") return before;
      } finally {
        closeSync(rotated);
      }
    }
    return false;
  }

  /** One rename to the next number: a kill -9 between two steps costs no generation. */
  #rotate(): void {
    renameSync(this.path, this.#next(""));
    syncDirectory(dirname(this.path));
    this.#prune("");
  }

  #next(prefix: string): string {
    const last = Number(this.#numbered(prefix).at(-1)?.match(/\d+$/)?.[0] ?? 0);
    return `${this.path}.${prefix}${String(last + 1).padStart(6, "0")}`;
  }

  #prune(prefix: string): void {
    for (const file of this.#numbered(prefix).slice(0, -this.#bounds.maxFiles)) unlinkQuietly(file);
  }

  /** The files <path>.<prefix><number> in order of their number. */
  #numbered(prefix: string): string[] {
    const start = `${basename(this.path)}.${prefix}`;
    const directory = dirname(this.path);
    return names(directory)
      .filter((name) => name.startsWith(start) && /^\d{6,}$/.test(name.slice(start.length)))
      .toSorted((a, b) => Number(a.slice(start.length)) - Number(b.slice(start.length)))
      .map((name) => `${directory}/${name}`);
  }

  #exists(): boolean {
    return names(dirname(this.path)).includes(basename(this.path));
  }
}

/** When the interval of a record began (epoch milliseconds), as its id tells (records.ts); null where it does not. */
function intervalOf(id: string): number | null {
  const [, time, since] = /-(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)|(\d{13}))-/.exec(id) ?? [];
  return time !== undefined ? Date.parse(time) : since !== undefined ? Number(since) : null;
}

/**
 * Whether a file holds a mark, from its end back to lines from before `since`, or a block of it where that is null; "not yet"
 * where the file began before those lines were met.
 */
function holds(fd: number, size: number, mark: Buffer, since: number | null): boolean | "not yet" {
  for (let end = size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(end - BLOCK_BYTES, 0);
    // A mark that begins in this block may end in the one behind it.
    const bytes = Buffer.from(readAt(fd, start, Math.min(end + mark.length, size) - start));
    if (bytes.includes(mark)) return true;
    if (since === null) return start > 0 ? false : "not yet";
    const [, time] = /\n\{[^\n]{0,1000}?"timestamp":"([^"\n]{1,40})"/.exec(bytes.toString("latin1")) ?? [];
    if (time !== undefined && Date.parse(time) < since) return false;
  }
  return "not yet";
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
