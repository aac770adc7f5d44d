import { constants, Database, type SQLQueryBindings } from "bun:sqlite";
import { existsSync } from "node:fs";
import { loggedRecord, type LoggedRecord, type LogRecord, type RecordKind, type RecordOf } from "../model/record.ts";
import { ensureOwnFile, resolveDirectoryLinks } from "../utils/files.ts";

const TABLES: Readonly<Record<RecordKind, string>> = {
  usage: "usage_logs",
  status: "status_logs",
  diagnostics: "diagnostics",
  limits: "limit_logs",
};

/** Whether a file has no tables but those of the log; true without a file. False for a file that SQLite cannot read. */
export function isLogDatabase(path: string): boolean {
  if (!existsSync(path)) return true;
  try {
    using database = new Database(path, constants.SQLITE_OPEN_READONLY);
    const found = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    return found.every(({ name }) => Object.values(TABLES).includes(name));
  } catch {
    return false;
  }
}

/** One column per field of a record. */
const COLUMNS = {
  usage: ["id", "timestamp", "session_id", "cwd", "model", "version", "source", "usage_data", "statusline"],
  status: ["id", "timestamp", "session_id", "email", "cwd", "model", "version", "source", "status_data", "diagnostics"],
  diagnostics: ["id", "timestamp", "session_id", "diagnostic_type", "severity", "message", "state", "details"],
  limits: ["id", "timestamp", "session_id", "source", "windows"],
} as const satisfies { readonly [Kind in RecordKind]: readonly (keyof RecordOf<Kind>)[] };

const jsonColumns = new Set(["usage_data", "statusline", "status_data", "details", "windows"]);
const isJson = (kind: RecordKind, column: string): boolean =>
  jsonColumns.has(column) || (kind === "status" && column === "diagnostics");

/**
 * Stores records in the SQLite tables usage_logs, status_logs, diagnostics and limit_logs: one column per field, nested fields as
 * JSON text. The database is opened on first use and created with the first record.
 */
export class SqliteWriter {
  readonly #path: string;
  #opened: Database | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Opens or creates the database with mode 0600, never through a link. Throws file_refused or SQLite's error. */
  get #database(): Database {
    if (this.#opened) return this.#opened;
    ensureOwnFile(this.#path);
    const database = new Database(
      resolveDirectoryLinks(this.#path),
      constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW,
    );
    try {
      database.run("PRAGMA busy_timeout=2000");
      database.run("PRAGMA synchronous=FULL");
      for (const [kind, table] of Object.entries(TABLES) as [RecordKind, string][]) {
        const columns = COLUMNS[kind].map((name) => (name === "id" ? "id TEXT PRIMARY KEY" : `${name} TEXT`));
        database.run(`CREATE TABLE IF NOT EXISTS ${table} (${columns.join(", ")})`);
        database.run(`CREATE INDEX IF NOT EXISTS ${table}_timestamp ON ${table} (timestamp)`);
      }
    } catch (error) {
      database.close();
      throw error;
    }
    this.#opened = database;
    return database;
  }

  /** Returns the record written last; null if there is none. Throws like append. */
  last(kind: RecordKind): { readonly id: string; readonly timestamp: string } | null {
    return this.#database
      .query<{ id: string; timestamp: string }, []>(
        `SELECT id, timestamp FROM ${TABLES[kind]} ORDER BY rowid DESC LIMIT 1`,
      )
      .get();
  }

  /** Writes many records in one transaction, skipping those already present. Throws like append. */
  appendAll(kind: RecordKind, records: Iterable<LogRecord>): void {
    this.#database
      .transaction(() => {
        for (const record of records) this.append(kind, record);
      })
      .immediate();
  }

  append(kind: RecordKind, record: LogRecord): "written" | "known" {
    const columns = COLUMNS[kind];
    const fields: Readonly<Record<string, unknown>> = record;
    const values = columns.map((name) => {
      const value = fields[name];
      // A line copied from the log may contain anything: another program may have written it.
      const isText = !isJson(kind, name) && (typeof value !== "object" || value === null);
      return ((isText ? value : JSON.stringify(value)) ?? null) as SQLQueryBindings;
    });
    const placeholders = columns.map(() => "?").join(", ");
    const { changes } = this.#database
      .query(`INSERT OR IGNORE INTO ${TABLES[kind]} (${columns.join(", ")}) VALUES (${placeholders})`)
      .run(...values);
    return changes > 0 ? "written" : "known";
  }

  *read(kind: RecordKind, since: number): Generator<LoggedRecord> {
    if (this.#opened === null && !existsSync(this.#path)) return;
    const rows = this.#database
      .query<Record<string, unknown>, [string]>(`SELECT * FROM ${TABLES[kind]} WHERE timestamp >= ? ORDER BY rowid`)
      .iterate(new Date(Math.max(since, 0)).toISOString());
    for (const row of rows) {
      const entries = Object.entries(row).map(([name, value]) => [
        name,
        isJson(kind, name) ? JSON.parse(String(value)) : value,
      ]);
      yield loggedRecord(Object.fromEntries(entries) as LogRecord);
    }
  }

  close(): void {
    this.#opened?.close();
    this.#opened = null;
  }
}
