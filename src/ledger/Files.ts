import type { Database, Statement } from "bun:sqlite";
import type { SkipReason } from "../model/observation.ts";

/** A file as it was when it was read, and how far. */
export interface FileMark {
  readonly path: string;
  readonly source: string;
  readonly device: number;
  readonly inode: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds, with the fraction that the file system keeps. */
  readonly mtime: number;
  /** Hash of the first `headLength` bytes: a file that was replaced begins otherwise. */
  readonly head: number;
  readonly headLength: number;
  /** Bytes read for responses, and for what sessions did; both end after a newline. */
  readonly usageOffset: number;
  readonly activityOffset: number;
  /** Which of the source's stores it belongs to. */
  readonly store: string;
  /** What the source has to know to go on there, as JSON; null for nothing. */
  readonly usageMemory: string | null;
  readonly activityMemory: string | null;
  /** Version of the source's reader that has read it; the oldest one where several did, each a part. */
  readonly reader: number;
  /** Hash of samples of what lies before `usageOffset`; null for what is not read by lines, and where an earlier version read it. */
  readonly prefix: number | null;
  /** How often in turn reading it timed out, and when it is tried again, epoch milliseconds; null where it did not. */
  readonly timeouts: number;
  readonly retryAt: number | null;
}

/** By what it is seen whether a file has changed since it was read. */
export type Glance = Pick<FileMark, "size" | "mtime" | "inode" | "reader">;

/** A line that was not counted. */
export interface SkippedLine {
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly reason: SkipReason;
}

/** How far the second pass is behind the first. */
export interface Progress {
  readonly files: number;
  /** Bytes of all files, bytes read for responses, bytes read for what sessions did. */
  readonly size: number;
  readonly usage: number;
  readonly activity: number;
}

const COLUMNS = `path, source, device, inode, size, mtime, head, head_length AS headLength, usage_offset AS usageOffset,
  activity_offset AS activityOffset, store, usage_memory AS usageMemory, activity_memory AS activityMemory, reader, prefix,
  timeouts, retry_at AS retryAt`;

/** Which files were read how far, and what in them was not counted. */
export class Files {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All files of a source that are not known to be gone, by path: only what every scan needs of each. */
  glances(source: string): Map<string, Glance> {
    const rows = this.#database
      .query("SELECT path, size, mtime, inode, reader FROM file WHERE source = ? AND vanished IS NULL")
      .values(source) as [string, number, number, number, number][];
    const glances = new Map<string, Glance>();
    for (const [path, size, mtime, inode, reader] of rows) glances.set(path, { size, mtime, inode, reader });
    return glances;
  }

  /** All that is known of one file; null where nothing is, or it was gone. */
  of(path: string): FileMark | null {
    return this.#database
      .query<FileMark, [string]>(`SELECT ${COLUMNS} FROM file WHERE path = ? AND vanished IS NULL`)
      .get(path);
  }

  /** Files of a source in which what sessions did is read less far than responses. */
  behind(source: string): FileMark[] {
    return this.#database
      .query<FileMark, [string]>(
        `SELECT ${COLUMNS} FROM file WHERE source = ? AND vanished IS NULL AND activity_offset < usage_offset`,
      )
      .all(source);
  }

  /** Notes how far files were read, and what was skipped there. Only within a transaction. */
  mark(restarted: readonly string[], files: readonly FileMark[], skipped: readonly SkippedLine[]): void {
    const put = this.#statement(
      `INSERT OR REPLACE INTO file (path, source, device, inode, size, mtime, head, head_length, usage_offset, activity_offset,
       store, usage_memory, activity_memory, reader, prefix, timeouts, retry_at) VALUES (${Array(17).fill("?").join(", ")})`,
    );
    const skip = this.#statement("INSERT OR IGNORE INTO skipped VALUES (?, ?, ?)");
    const unskip = this.#statement("DELETE FROM skipped WHERE path = ?");
    for (const path of restarted) unskip.run(path);
    for (const file of files) {
      const { path, source, device, inode, size, mtime, head, headLength, usageOffset, activityOffset } = file;
      const reached = [usageOffset, activityOffset, file.store, file.usageMemory, file.activityMemory, file.reader];
      const { prefix, timeouts, retryAt } = file;
      put.run(path, source, device, inode, size, mtime, head, headLength, ...reached, prefix, timeouts, retryAt);
    }
    for (const { path, offset, reason } of skipped) skip.run(path, offset, reason);
  }

  /** Kept by the database, so that what only reads prepares none. */
  #statement(sql: string): Statement<unknown, (string | number | null)[]> {
    return this.#database.query(sql);
  }

  /** Notes that a file went to another path, as a whole and with what was skipped in it. */
  move(from: string, to: string): void {
    this.#database.transaction(() => {
      this.#database.run("UPDATE OR REPLACE file SET path = ?2, vanished = NULL WHERE path = ?1", [from, to]);
      this.#database.run("UPDATE OR REPLACE skipped SET path = ?2 WHERE path = ?1", [from, to]);
    })();
  }

  /** Notes that files are gone, and when that was noticed; what they told stays, and none is tried again. */
  vanish(paths: readonly string[], now: number): void {
    if (paths.length === 0) return;
    const statement = this.#database.prepare<unknown, [number, string]>(
      "UPDATE file SET vanished = ?, retry_at = NULL WHERE path = ?",
    );
    this.#database.transaction(() => {
      for (const path of paths) statement.run(now, path);
    })();
  }

  /** Everything that was not counted, or what of one source was not, by file and place. */
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

  /** How many places that are, by reason. */
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

  /** Whether no file was ever read. */
  get areNone(): boolean {
    return this.#database.query("SELECT 1 FROM file LIMIT 1").get() === null;
  }

  /** How far all files were read, or those of one source. */
  progress(source?: string): Progress {
    const row = this.#database
      .query<Progress, [string | null]>(
        `SELECT COUNT(*) AS files, COALESCE(SUM(size), 0) AS size, COALESCE(SUM(usage_offset), 0) AS usage,
         COALESCE(SUM(activity_offset), 0) AS activity FROM file WHERE vanished IS NULL AND (?1 IS NULL OR source = ?1)`,
      )
      .get(source ?? null);
    return row ?? { files: 0, size: 0, usage: 0, activity: 0 };
  }
}
