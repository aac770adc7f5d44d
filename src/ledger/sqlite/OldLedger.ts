import { constants, Database } from "bun:sqlite";
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { decodeBody, fieldOrder } from "../../model/body.ts";
import type { Kind } from "../../model/observation.ts";
import { errnoOf, PawprintError } from "../../utils/errors.ts";
import { readAt, syncDirectory, throughLinks, unlinkQuietly, writeAll } from "../../utils/files.ts";
import { refuseForeignSchema } from "./database.ts";
import { digestOf } from "../fold/prepare.ts";
import { migrations } from "./migrations/registry.ts";
import { ACCOUNTS_OF_FILES } from "./migrations/session-origins.ts";
import { recordsIn, type Value } from "./pages.ts";

/** A row of a journal; `reader` is the version of the source's reader that made it. */
export type JournalRow = [key: string, digest: number, machine: string, source: string, body: string, reader: number];

/** Bytes that are copied at once. */
const BLOCK = 4 * 1_048_576;
const RETRY_MS = 100;
/** Columns of a response, in a record: its key, the part and the time come first. */
const RESPONSE_COLUMNS = 12;
/** Columns of a journal. */
const JOURNAL_COLUMNS = 6;
/** The version of the reader of rows that do not name one. */
const FIRST_READER = 1;

/**
 * A ledger that is to give way to a new one: nobody else can use it meanwhile, as far as SQLite can lock it, and all is read of it
 * that can be. Nothing is changed in it but that its write-ahead log is taken in.
 */
export class OldLedger implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  /** The log of a database that SQLite cannot read, null where there is none. */
  readonly #log: number | null;
  /** Null where SQLite cannot read the file at all. */
  readonly #database: Database | null;
  /** SQLite finds nothing damaged. */
  readonly isWhole: boolean;
  /** Rows of the journal that are not as they were written. */
  damaged = 0;

  /** Waits so many milliseconds for others to leave it. Throws busy, ledger_newer, file_refused, and what the system refuses. */
  constructor(path: string, busyMs: number) {
    this.#path = path;
    // Kept open to the end: to close a file frees the locks that this process holds on it.
    this.#fd = openSync(path, "r");
    // Before SQLite looks at it, which removes one that it cannot read.
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

  /** The machine's id; null where it cannot be read. */
  get machine(): string | null {
    const sql = "SELECT value FROM meta WHERE name = 'machine'";
    try {
      return this.#database?.query<{ value: string }, []>(sql).get()?.value ?? null;
    } catch {
      return null;
    }
  }

  /** The rows of the journal that are as they were written, some of them more than once. */
  *journal(): Generator<JournalRow> {
    const isStrict = this.#areDigestsKnown();
    const bad = new Set<string>();
    for (const row of this.#rows()) {
      if (isIntact(row, isStrict)) yield row;
      else bad.add(`${row[0]}\n${row[1]}`);
    }
    this.damaged = bad.size;
  }

  /** Responses that it counted and of which more than their journal may be left, with their times in epoch milliseconds. */
  *responses(): Generator<readonly [key: string, at: number]> {
    for (const record of this.#records("SELECT * FROM response")) {
      const [key, , at] = record;
      if (record.length !== RESPONSE_COLUMNS || typeof at !== "number" || at <= 0) continue;
      if (isText(key) && key.startsWith("response:")) yield [key, at];
    }
  }

  /**
   * Sessions whose configuration directory is known, which stands in no journal; in ledgers from before it was kept, by the paths
   * of their transcripts. None where SQLite cannot read them.
   */
  accounts(): [assistant: string, session: string, account: string][] {
    const kept = "SELECT assistant, id, account FROM session_origin WHERE account <> ''";
    for (const sql of [kept, `SELECT 'claude-code', session, account FROM (${ACCOUNTS_OF_FILES})`]) {
      try {
        return (this.#database?.query(sql).values() ?? []) as [string, string, string][];
      } catch {
        // It has no such table, or cannot be read there.
      }
    }
    return [];
  }

  /** Copies it to another place, with the log that could not be taken in, if there is one. */
  copyTo(path: string): void {
    if (this.#log !== null && fstatSync(this.#log).size > 0) copy(this.#log, unfinishedCopy(this.#path), `${path}-wal`);
    copy(this.#fd, unfinishedCopy(this.#path), path);
  }

  /** Puts another file in its place, all at once. */
  giveWayTo(path: string): void {
    // One that SQLite could read has none any more; any other would be taken for the new one's.
    for (const end of ["-wal", "-shm", "-journal"]) unlinkQuietly(this.#path + end);
    renameSync(path, this.#path);
    syncDirectory(dirname(this.#path));
  }

  *#rows(): Generator<JournalRow> {
    // The reader was added later; a row from before ends without it.
    for (const record of this.#records("SELECT * FROM journal")) {
      const [key, digest, machine, source, body, reader = FIRST_READER] = record;
      const isRow = record.length <= JOURNAL_COLUMNS && typeof digest === "number" && isText(key) && isText(machine);
      if (isRow && isText(source) && isText(body) && typeof reader === "number" && kindOf(key) !== null)
        yield [key, digest, machine, source, body, reader];
    }
  }

  /** Records of a table by SQLite, or of the whole file where that is damaged. */
  *#records(sql: string): Generator<Value[]> {
    if (!this.isWhole || !this.#database) return yield* recordsIn(this.#fd, this.#log);
    for (const row of this.#database.query<Record<string, Value>, []>(sql).iterate()) yield Object.values(row);
  }

  /** Whether digests are made as this version makes them: another version of Bun may hash otherwise. */
  #areDigestsKnown(): boolean {
    for (const row of this.#rows()) if (isIntact(row, true)) return true;
    return false;
  }
}

const isText = (value: Value | undefined): value is string => typeof value === "string";

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

/** The database, its log taken in and locked for us alone; null where SQLite cannot read it. */
function lockedDatabase(path: string, busyMs: number): Database | null {
  const until = performance.now() + busyMs;
  for (;;) {
    const database = new Database(throughLinks(path), constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW);
    try {
      const version = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
      if (version > migrations.length) {
        const hint = "update pawprint: this version cannot rebuild it without loss";
        throw new PawprintError("ledger_newer", `${path} was written by a newer version of pawprint`, hint);
      }
      refuseForeignSchema(path, database);
      // Only where nobody else has it open; it takes in the log and removes it, so that none is left for another file.
      database.run("PRAGMA journal_mode=DELETE");
      database.run("BEGIN EXCLUSIVE");
      return database;
    } catch (error) {
      database.close();
      if (error instanceof PawprintError) throw error;
      if (!/BUSY|LOCKED/.test(errnoOf(error) ?? "")) return null;
      if (performance.now() < until) Bun.sleepSync(RETRY_MS);
      else throw new PawprintError("busy", `another process keeps the ledger ${path}`, "end it, and try again", error);
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

/** What a copy of a ledger is called until it is whole. */
export const unfinishedCopy = (path: string): string => `${path}.copy.tmp`;

/** Copies an open file to a path, by way of another one, so that there is all of it or nothing. */
function copy(from: number, temporary: string, path: string): void {
  unlinkQuietly(temporary);
  const to = openSync(temporary, "wx", 0o600);
  try {
    const { size } = fstatSync(from);
    for (let at = 0; at < size; at += BLOCK) writeAll(to, readAt(from, at, Math.min(BLOCK, size - at)));
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}
