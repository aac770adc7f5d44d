import { constants, Database } from "bun:sqlite";
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { decodeBody, fieldOrder } from "../../model/body.ts";
import type { Kind } from "../../model/observation.ts";
import { errnoOf, PawprintError } from "../../utils/errors.ts";
import { readAt, syncDirectory, resolveDirectoryLinks, removeIfPresent, writeAll } from "../../utils/files.ts";
import { refuseForeignSchema } from "./database.ts";
import { digestOf } from "../fold/prepare.ts";
import { migrations } from "./migrations/registry.ts";
import { ACCOUNTS_OF_FILES } from "./migrations/session-origins.ts";
import { recordsIn, type RecordValue } from "./pages.ts";

/** A row of a journal; `reader` is the version of the source's reader that made it. */
export type JournalRow = [key: string, digest: number, machine: string, source: string, body: string, reader: number];

/** Bytes copied at a time. */
const COPY_BLOCK_BYTES = 4 * 1_048_576;
const RETRY_MS = 100;
/** Number of columns of a response; key, part and time come first. */
const RESPONSE_COLUMNS = 12;
/** Number of columns of the journal. */
const JOURNAL_COLUMNS = 6;
/** The reader version of rows that name none. */
const FIRST_READER = 1;

/**
 * A ledger that a new one will replace. It is locked against other processes as far as SQLite can lock it, and
 * everything that can be read of it is read. Its only change is that its write-ahead log is copied into it.
 */
export class OldLedger implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  /** The write-ahead log of a database that SQLite cannot read; null if there is none. */
  readonly #log: number | null;
  /** Null if SQLite cannot read the file at all. */
  readonly #database: Database | null;
  /** Whether SQLite finds no damage. */
  readonly isWhole: boolean;
  /** Number of journal rows that are not as they were written. */
  damaged = 0;

  /**
   * Waits up to `busyMs` milliseconds for other processes to close it. Throws busy, ledger_newer, file_refused, and
   * what the system refuses.
   */
  constructor(path: string, busyMs: number) {
    this.#path = path;
    // Kept open to the end: closing a file releases the locks that this process holds on it.
    this.#fd = openSync(path, "r");
    // Opened before SQLite sees it, because SQLite deletes a log that it cannot read.
    const log = existsSync(`${path}-wal`) ? openSync(`${path}-wal`, "r") : null;
    this.#database = lockedDatabase(path, busyMs);
    this.#log = this.#database === null ? log : null;
    if (log !== null && this.#log === null) closeSync(log);
    this.isWhole = this.#database !== null && isWhole(this.#database);
  }

  [Symbol.dispose](): void {
    this.#database?.close();
    closeSync(this.#fd);
    if (this.#log !== null) closeSync(this.#log);
  }

  /** The machine's id; null if it cannot be read. */
  get machine(): string | null {
    const sql = "SELECT value FROM meta WHERE name = 'machine'";
    try {
      return this.#database?.query<{ value: string }, []>(sql).get()?.value ?? null;
    } catch {
      return null;
    }
  }

  /** The intact rows of the journal, some of them more than once. */
  *journal(): Generator<JournalRow> {
    const isStrict = this.#areDigestsKnown();
    const bad = new Set<string>();
    for (const row of this.#rows()) {
      if (isIntact(row, isStrict)) yield row;
      else bad.add(`${row[0]}\n${row[1]}`);
    }
    this.damaged = bad.size;
  }

  /**
   * Keys and times (epoch milliseconds) of the responses that it counted, which may survive where the journal did not.
   */
  *responses(): Generator<readonly [key: string, at: number]> {
    for (const record of this.#records("SELECT * FROM response")) {
      const [key, , at] = record;
      if (record.length !== RESPONSE_COLUMNS || typeof at !== "number" || at <= 0) continue;
      if (isText(key) && key.startsWith("response:")) yield [key, at];
    }
  }

  /**
   * Sessions with their configuration directory, which the journal does not hold; in ledgers from before it was stored,
   * derived from the paths of transcripts. Empty if SQLite cannot read them.
   */
  accounts(): [assistant: string, session: string, account: string][] {
    const kept = "SELECT assistant, id, account FROM session_origin WHERE account <> ''";
    for (const sql of [kept, `SELECT 'claude-code', session, account FROM (${ACCOUNTS_OF_FILES})`]) {
      try {
        return (this.#database?.query(sql).values() ?? []) as [string, string, string][];
      } catch {
        // The table does not exist, or cannot be read.
      }
    }
    return [];
  }

  /** Copies it to another path, with the write-ahead log if there is one that could not be copied into it. */
  copyTo(path: string): void {
    if (this.#log !== null && fstatSync(this.#log).size > 0) copy(this.#log, unfinishedCopy(this.#path), `${path}-wal`);
    copy(this.#fd, unfinishedCopy(this.#path), path);
  }

  /** Atomically replaces it with another file. */
  replaceWith(path: string): void {
    // A database that SQLite could read has none of these left; any other would be taken for the new one's.
    for (const end of ["-wal", "-shm", "-journal"]) removeIfPresent(this.#path + end);
    renameSync(path, this.#path);
    syncDirectory(dirname(this.#path));
  }

  *#rows(): Generator<JournalRow> {
    // The reader was added later; rows written before that end without it.
    for (const record of this.#records("SELECT * FROM journal")) {
      const [key, digest, machine, source, body, reader = FIRST_READER] = record;
      const isRow = record.length <= JOURNAL_COLUMNS && typeof digest === "number" && isText(key) && isText(machine);
      if (isRow && isText(source) && isText(body) && typeof reader === "number" && kindOf(key) !== null)
        yield [key, digest, machine, source, body, reader];
    }
  }

  /** Reads the records of a table with SQLite, or those of the whole file if it is damaged. */
  *#records(sql: string): Generator<RecordValue[]> {
    if (!this.isWhole || !this.#database) return yield* recordsIn(this.#fd, this.#log);
    for (const row of this.#database.query<Record<string, RecordValue>, []>(sql).iterate()) yield Object.values(row);
  }

  /** Whether digests are computed as in this version: another version of Bun may hash differently. */
  #areDigestsKnown(): boolean {
    for (const row of this.#rows()) if (isIntact(row, true)) return true;
    return false;
  }
}

const isText = (value: RecordValue | undefined): value is string => typeof value === "string";

function kindOf(key: string): Kind | null {
  const kind = key.slice(0, key.indexOf(":"));
  return Object.hasOwn(fieldOrder, kind) ? (kind as Kind) : null;
}

function isIntact([key, digest, machine, source, body]: JournalRow, isStrict: boolean): boolean {
  if (isStrict && digest !== digestOf(machine, source, body)) return false;
  const kind = kindOf(key);
  if (kind === null) return false;
  try {
    decodeBody(kind, body);
    return Array.isArray(JSON.parse(body));
  } catch {
    return false;
  }
}

/** Opens the database, copies its log into it and locks it exclusively; null if SQLite cannot read it. */
function lockedDatabase(path: string, busyMs: number): Database | null {
  const until = performance.now() + busyMs;
  for (;;) {
    const database = new Database(
      resolveDirectoryLinks(path),
      constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW,
    );
    try {
      const version = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
      if (version > migrations.length) {
        const hint = "update pawprint: this version cannot rebuild it without loss";
        throw new PawprintError("ledger_newer", `${path} was written by a newer version of pawprint`, hint);
      }
      refuseForeignSchema(path, database);
      // Succeeds only if no other process has it open; copies the log into the database and deletes it, so that none is
      // left for another file.
      database.run("PRAGMA journal_mode=DELETE");
      database.run("BEGIN EXCLUSIVE");
      return database;
    } catch (error) {
      database.close();
      if (error instanceof PawprintError) throw error;
      if (!/BUSY|LOCKED/.test(errnoOf(error) ?? "")) return null;
      if (performance.now() < until) Bun.sleepSync(RETRY_MS);
      else
        throw new PawprintError("busy", `another process is using the ledger ${path}`, "stop it and try again", error);
    }
  }
}

function isWhole(database: Database): boolean {
  try {
    const [found] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
    for (const table of ["journal", "response"]) database.query(`SELECT 1 FROM ${table} LIMIT 1`).all();
    return found?.quick_check === "ok";
  } catch {
    return false;
  }
}

/** The path of a copy of a ledger until it is complete. */
export const unfinishedCopy = (path: string): string => `${path}.copy.tmp`;

/** Copies an open file to a path by way of a temporary one, so that the copy is complete or missing. */
function copy(from: number, temporary: string, path: string): void {
  removeIfPresent(temporary);
  const to = openSync(temporary, "wx", 0o600);
  try {
    const { size } = fstatSync(from);
    for (let at = 0; at < size; at += COPY_BLOCK_BYTES)
      writeAll(to, readAt(from, at, Math.min(COPY_BLOCK_BYTES, size - at)));
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}
