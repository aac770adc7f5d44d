import type { Database, Statement } from "bun:sqlite";
import type { SkipReason } from "../../model/observation.ts";
import { file } from "../tables/journal.ts";
import { byField, columnsOf, insertSql, rowOf } from "../tables/table.ts";

/** A file as it was when it was read, and how far it was read. */
export interface FileMark {
  readonly path: string;
  readonly source: string;
  readonly device: number;
  readonly inode: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds, with the fraction that the file system stores. */
  readonly mtime: number;
  /** Hash of the first `headLength` bytes: a replaced file begins with other bytes. */
  readonly head: number;
  readonly headLength: number;
  /** Bytes read for usage and for activity; both end after a newline. */
  readonly usageOffset: number;
  readonly activityOffset: number;
  /** Name of the source's store that the file belongs to. */
  readonly store: string;
  /** State that the source needs to continue in this file, as JSON; null for none. */
  readonly usageMemory: string | null;
  readonly activityMemory: string | null;
  /** Version of the source's reader that read the file; the oldest if several versions read parts of it. */
  readonly reader: number;
  /**
   * Hash of samples of the bytes before `usageOffset`; null for files that are not read by lines and those that an
   * earlier version read.
   */
  readonly prefix: number | null;
  /**
   * How many times in a row reading timed out, and when it is tried again, epoch milliseconds; null if it did not time
   * out.
   */
  readonly timeouts: number;
  readonly retryAt: number | null;
}

/** What shows that a file has changed since it was read. */
export type FileStat = Pick<FileMark, "size" | "mtime" | "inode" | "reader">;

/** A line that was not counted. */
export interface SkippedLine {
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly reason: SkipReason;
}

const columns = columnsOf(file, "vanished");
const COLUMNS = byField(columns);
const PUT = insertSql(file, columns, "INSERT OR REPLACE");
const cellsOf = rowOf(file, "vanished");

/** How far each file was read, and what in it was not counted. */
export class Files {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All files of a source that still exist, by path, with only what every scan needs of each. */
  stats(source: string): Map<string, FileStat> {
    const rows = this.#database
      .query("SELECT path, size, mtime, inode, reader FROM file WHERE source = ? AND vanished IS NULL")
      .values(source) as [string, number, number, number, number][];
    const stats = new Map<string, FileStat>();
    for (const [path, size, mtime, inode, reader] of rows) stats.set(path, { size, mtime, inode, reader });
    return stats;
  }

  /** Everything known about one file; null if nothing is, or it no longer exists. */
  of(path: string): FileMark | null {
    return this.#database
      .query<FileMark, [string]>(`SELECT ${COLUMNS} FROM file WHERE path = ? AND vanished IS NULL`)
      .get(path);
  }

  /** Files of a source of which less was read for activity than for usage. */
  behind(source: string): FileMark[] {
    return this.#database
      .query<FileMark, [string]>(
        `SELECT ${COLUMNS} FROM file WHERE source = ? AND vanished IS NULL AND activity_offset < usage_offset`,
      )
      .all(source);
  }

  /** Stores how far files were read, and what was skipped in them. Call only within a transaction. */
  mark(restarted: readonly string[], files: readonly FileMark[], skipped: readonly SkippedLine[]): void {
    for (const path of restarted) this.#statement("DELETE FROM skipped WHERE path = ?").run(path);
    for (const mark of files) this.#statement(PUT).run(...cellsOf(mark));
    for (const { path, offset, reason } of skipped)
      this.#statement("INSERT OR IGNORE INTO skipped VALUES (?, ?, ?)").run(path, offset, reason);
  }

  /** The database caches the statements, so that a process that only reads prepares none. */
  #statement(sql: string): Statement<unknown, (string | number | null)[]> {
    return this.#database.query(sql);
  }

  /** Stores that a file moved to another path, with everything skipped in it. */
  move(from: string, to: string): void {
    this.#database.transaction(() => {
      this.#database.run("UPDATE OR REPLACE file SET path = ?2, vanished = NULL WHERE path = ?1", [from, to]);
      this.#database.run("UPDATE OR REPLACE skipped SET path = ?2 WHERE path = ?1", [from, to]);
    })();
  }

  /** Stores that files no longer exist, and when that was noticed; their observations stay, and none is tried again. */
  markVanished(paths: readonly string[], now: number): void {
    if (paths.length === 0) return;
    const statement = this.#database.prepare<unknown, [number, string]>(
      "UPDATE file SET vanished = ?, retry_at = NULL WHERE path = ?",
    );
    this.#database.transaction(() => {
      for (const path of paths) statement.run(now, path);
    })();
  }

  /** Everything that was not counted, of all sources or one, by file and offset. */
  skipped(source?: string): SkippedLine[] {
    return this.#database
      .query<SkippedLine, [string | null]>(
        `SELECT path, offset, reason FROM skipped
         WHERE ?1 IS NULL OR path IN (SELECT path FROM file WHERE source = ?1)
         UNION ALL SELECT path, 0, 'abandoned' FROM file WHERE retry_at IS NOT NULL AND (?1 IS NULL OR source = ?1)
         ORDER BY path, offset`,
      )
      .all(source ?? null);
  }

  /** The number of skipped places by reason, of one source or of all. */
  skippedCounts(source?: string): Partial<Record<SkipReason, number>> {
    const rows = this.#database
      .query<{ reason: SkipReason; places: number }, [string | null]>(
        `SELECT reason, COUNT(*) AS places FROM (SELECT path, reason FROM skipped UNION ALL
           SELECT path, 'abandoned' FROM file WHERE retry_at IS NOT NULL)
         WHERE ?1 IS NULL OR path IN (SELECT path FROM file WHERE source = ?1) GROUP BY reason`,
      )
      .all(source ?? null);
    return Object.fromEntries(rows.map(({ reason, places }) => [reason, places]));
  }

  /** Whether no file was read yet. */
  isEmpty(): boolean {
    return this.#database.query("SELECT 1 FROM file LIMIT 1").get() === null;
  }
}
