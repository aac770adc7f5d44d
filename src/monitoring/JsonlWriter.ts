import { closeSync, fdatasyncSync, fstatSync, ftruncateSync } from "node:fs";
import { intervalStart } from "../model/record-ids.ts";
import { loggedRecord, type LoggedRecord, type LogRecord, type RecordKind, recordKinds } from "../model/record.ts";
import { openOwn, readAt, replaceFile, writeAll } from "../utils/files.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { RotatedFiles } from "./RotatedFiles.ts";
import { lastLineEnd, MAX_LINE_LENGTH, readLines } from "../utils/tail.ts";

/** Bytes searched at a time for a record's id, starting at the end. */
const BLOCK_BYTES = 262_144;

/** The size limits of a log. */
export interface JsonlBounds {
  /** Maximum bytes of each file. */
  readonly maxSize: number;
  /** Number of rotated files kept. */
  readonly maxFiles: number;
}

/**
 * An append-only file of JSON lines that rotates into <path>.000001, .000002, ... Only the holder of the log's lock may
 * append. A kill -9 during a write leaves a fragment without newline, which the next append moves to <path>.torn-000001.
 * Complete lines are never changed.
 */
export class JsonlWriter {
  readonly path: string;
  readonly #maxSize: number;
  readonly #rotated: RotatedFiles;

  constructor(path: string, { maxSize, maxFiles }: JsonlBounds) {
    this.path = path;
    this.#maxSize = maxSize;
    this.#rotated = new RotatedFiles(path, maxFiles);
  }

  /**
   * Appends one record durably, unless a record with its id exists: searched back to the interval in the id, or in the last
   * block if the id has none. Throws write_failed or the system's error.
   */
  append(record: { readonly id: string }): "written" | "known" {
    const line = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
    if (line.length > this.#maxSize) {
      throw new PawprintError(
        "write_failed",
        `a record of ${line.length} bytes is larger than PET_LOG_MAX_SIZE`,
        `set PET_LOG_MAX_SIZE above ${line.length} bytes`,
      );
    }
    let fd = openOwn(this.path, "append");
    try {
      let size = this.#repair(fd);
      if (this.#contains(fd, size, record.id)) return "known";
      if (size > 0 && size + line.length > this.#maxSize) {
        closeSync(fd);
        fd = -1;
        this.#rotated.rotate();
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

  /** Returns the id of the newest record; null if there is none or its line is invalid. */
  lastId(): string | null {
    for (const file of this.files().toReversed()) {
      const fd = openOwn(file, "read");
      try {
        const end = lastLineEnd(fd, fstatSync(fd).size);
        const start = lastLineEnd(fd, end - 1);
        // A file may be empty if a worker was killed between rotation and write.
        if (end === 0) continue;
        const line = new TextDecoder().decode(readAt(fd, start, Math.min(end - 1 - start, MAX_LINE_LENGTH)));
        return recordOf(line)?.id ?? null;
      } finally {
        closeSync(fd);
      }
    }
    return null;
  }

  /** Returns the log's existing files, oldest first; the current file is last. */
  files(): string[] {
    return this.#rotated.all();
  }

  /**
   * Yields every complete line of files changed since a time (epoch milliseconds), oldest file first. Skips a file
   * that a rotation removes meanwhile.
   */
  *lines(since: number): Generator<string> {
    for (const file of this.files()) {
      try {
        if (Bun.file(file).lastModified >= since) yield* readLines(file);
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
      }
    }
  }

  /** Yields the records since a time (epoch milliseconds), oldest file first. Skips lines that are not records. */
  *read(since: number): Generator<LoggedRecord> {
    const from = new Date(Math.max(since, 0)).toISOString();
    for (const line of this.lines(since)) {
      const record = recordOf(line);
      if (record && record.timestamp >= from) yield loggedRecord(record);
    }
  }

  /** Moves an incomplete last line to a file of its own; returns the remaining size. */
  #repair(fd: number): number {
    const { size } = fstatSync(fd);
    const end = lastLineEnd(fd, size);
    if (end === size) return size;
    replaceFile(this.#rotated.next("torn-"), readAt(fd, end, Math.min(size - end, this.#maxSize)));
    this.#rotated.prune("torn-");
    ftruncateSync(fd, end);
    return end;
  }

  #contains(fd: number, size: number, id: string): boolean {
    const mark = Buffer.from(`"id":${JSON.stringify(id)},`);
    const since = intervalStart(id);
    const found = fileContains(fd, size, mark, since);
    if (found !== "not found") return found;
    for (const file of this.#rotated.numbered("").toReversed()) {
      let rotated: number;
      try {
        rotated = openOwn(file, "read");
      } catch (error) {
        // Not ours any more, for instance hard-linked by a backup: nothing is written to it, and logging continues.
        if (error instanceof PawprintError) continue;
        throw error;
      }
      try {
        const before = fileContains(rotated, fstatSync(rotated).size, mark, since);
        if (before !== "not found") return before;
      } finally {
        closeSync(rotated);
      }
    }
    return false;
  }
}

/** Returns the writers of a log directory: usage.jsonl, status.jsonl, diagnostics.jsonl and limits.jsonl. */
export function jsonlWriters(directory: string, bounds: JsonlBounds): Readonly<Record<RecordKind, JsonlWriter>> {
  const writers = recordKinds.map((kind) => [kind, new JsonlWriter(`${directory}/${kind}.jsonl`, bounds)]);
  return Object.fromEntries(writers) as Record<RecordKind, JsonlWriter>;
}

/** Parses a line; null if it is not a JSON object with a timestamp. */
function recordOf(line: string): LogRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    const timestamp: unknown = (value as { timestamp?: unknown } | null)?.timestamp;
    return typeof timestamp === "string" ? (value as LogRecord) : null;
  } catch {
    return null;
  }
}

/**
 * Whether a file contains a mark, searched from its end back to lines older than `since`, or in the last block if that is
 * null. Returns "not found" if the start of the file was reached first, so that an older file has to be searched.
 */
function fileContains(fd: number, size: number, mark: Buffer, since: number | null): boolean | "not found" {
  for (let end = size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(end - BLOCK_BYTES, 0);
    // A mark that begins in this block may end in the next one.
    const bytes = Buffer.from(readAt(fd, start, Math.min(end + mark.length, size) - start));
    if (bytes.includes(mark)) return true;
    if (since === null) return start > 0 ? false : "not found";
    const [, time] = /\n\{[^\n]{0,1000}?"timestamp":"([^"\n]{1,40})"/.exec(bytes.toString("latin1")) ?? [];
    if (time !== undefined && Date.parse(time) < since) return false;
  }
  return "not found";
}
