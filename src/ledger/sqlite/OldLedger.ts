import { constants, Database } from "bun:sqlite";
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { decodeBody, kindOf } from "../../model/body.ts";
import { errnoOf, PawprintError } from "../../utils/errors.ts";
import { readAt, syncDirectory, resolveDirectoryLinks, removeIfPresent, writeAll } from "../../utils/files.ts";
import { refuseForeignSchema } from "./database.ts";
import { digestOf, machineKey } from "../fold/prepare.ts";
import { dayOf, timeOf } from "../fold/times.ts";
import { response } from "../tables/facts.ts";
import { journal, levelNumber, observerOf } from "../tables/journal.ts";
import { columnsOf } from "../tables/table.ts";
import { type LedgerMachine, metaOf } from "./identity.ts";
import { oldDigestOf } from "./migrations/sequence.ts";
import { migrations } from "./migrations/registry.ts";
import { ACCOUNTS_OF_FILES } from "./migrations/session-origins.ts";
import { recordsIn, type RecordValue } from "./pages.ts";

/** A row of a journal; `reader` is the version of the source's reader that made it. */
export interface JournalRow {
  readonly key: string;
  readonly digest: number;
  readonly machine: string;
  readonly source: string;
  readonly reader: number;
  /** Epoch milliseconds of the observation, 0 if it has no time; and days since 1970. */
  readonly time: number;
  readonly day: number;
  readonly level: number;
  readonly body: string;
}

/** A row as it was found. */
interface FoundRow extends Omit<JournalRow, "time" | "day"> {
  /** The hash of machine and source; null in rows from before journals had a sequence, whose digest covers them. */
  readonly observer: number | null;
}

/** Bytes copied at a time. */
const COPY_BLOCK_BYTES = 4 * 1_048_576;
const RETRY_MS = 100;
const responseColumns = columnsOf(response);
const columns = columnsOf(journal);
/** The columns of the journal before it had a sequence; the oldest rows name no reader. */
const formerColumns = ["key", "digest", "machine", "source", "body", "reader"];
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
    return this.#meta("machine");
  }

  /** Epoch milliseconds of the machine's first ledger; null if it cannot be read or was not stored. */
  get born(): number | null {
    return Number(this.#meta("born")) || null;
  }

  /** The machines whose observations it holds; empty if they cannot be read or had no birth yet. */
  machines(): LedgerMachine[] {
    try {
      return this.#database?.query<LedgerMachine, []>("SELECT id, name, born FROM machine").all() ?? [];
    } catch {
      return [];
    }
  }

  #meta(name: string): string | null {
    try {
      return this.#database && metaOf(this.#database, name);
    } catch {
      return null;
    }
  }

  /** The intact rows of the journal, some of them more than once. */
  *journal(): Generator<JournalRow> {
    const isStrict = this.#areFormerDigestsKnown();
    const bad = new Set<string>();
    for (const row of this.#rows()) {
      const body = isIntact(row, isStrict) ? bodyOf(row) : null;
      if (body) yield { ...row, time: timeOf(body), day: dayOf(body) };
      else bad.add(`${row.key}\n${row.digest}`);
    }
    this.damaged = bad.size;
  }

  /**
   * Keys and times (epoch milliseconds) of the responses that it counted, which may survive where the journal did not.
   */
  *responses(): Generator<readonly [key: string, at: number]> {
    for (const record of this.#records("SELECT * FROM response")) {
      const [key, at] = [record[responseColumns.indexOf("key")], record[responseColumns.indexOf("at")]];
      if (record.length !== responseColumns.length || typeof at !== "number" || at <= 0) continue;
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

  *#rows(): Generator<FoundRow> {
    for (const record of this.#records("SELECT * FROM journal")) {
      const row = foundRow(record);
      if (row) yield row;
    }
  }

  /** Reads the records of a table with SQLite, or those of the whole file if it is damaged. */
  *#records(sql: string): Generator<RecordValue[]> {
    if (!this.isWhole || !this.#database) return yield* recordsIn(this.#fd, this.#log);
    for (const row of this.#database.query<Record<string, RecordValue>, []>(sql).iterate()) yield Object.values(row);
  }

  /** Whether former digests are computed as in this version: another version of Bun may hash differently. */
  #areFormerDigestsKnown(): boolean {
    for (const row of this.#rows()) if (row.observer === null && isIntact(row, true)) return true;
    return false;
  }
}

const isText = (value: RecordValue | undefined): value is string => typeof value === "string";

/** The row that a record of either shape of the journal holds, with its key of now; null if it holds none. */
function foundRow(record: readonly RecordValue[]): FoundRow | null {
  const isFormer = record.length !== columns.length;
  const names: readonly string[] = isFormer ? formerColumns : columns;
  const value = (name: string): RecordValue | undefined => record[names.indexOf(name)];
  const [key, machine, source, body] = [value("key"), value("machine"), value("source"), value("body")];
  if (record.length > names.length || !isText(key) || !isText(machine) || !isText(source) || !isText(body)) return null;
  if (isFormer && kindOf(key) === null) return null;
  const [digest, reader, level] = [
    value("digest"),
    value("reader") ?? FIRST_READER,
    value("level") ?? levelNumber.details,
  ];
  if (typeof digest !== "number" || typeof reader !== "number" || typeof level !== "number") return null;
  if (isFormer) return { key: machineKey(key, machine), digest, machine, source, body, reader, level, observer: null };
  const observer = value("observer");
  return typeof observer === "number" ? { key, digest, machine, source, body, reader, level, observer } : null;
}

/** Whether a row has its digest and observer; former digests may be unknown. */
function isIntact({ digest, machine, source, body, observer }: FoundRow, isStrict: boolean): boolean {
  if (observer !== null) return digest === digestOf(body) && observer === observerOf(machine, source);
  return !isStrict || digest === oldDigestOf(machine, source, body);
}

/** The body of a row, empty for a kind whose text this version cannot read; null if the row is damaged. */
function bodyOf({ key, body }: FoundRow): unknown {
  const kind = kindOf(key);
  if (kind === null) return {};
  try {
    return Array.isArray(JSON.parse(body)) ? decodeBody(kind, body) : null;
  } catch {
    return null;
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
  } catch (error) {
    removeIfPresent(temporary);
    throw error;
  } finally {
    closeSync(to);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}
