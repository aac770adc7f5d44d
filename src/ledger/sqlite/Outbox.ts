import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { hubCursor } from "../tables/journal.ts";
import { byField, columnsOf, type ColumnValue, IN_LIST, insertSql, rowOf } from "../tables/table.ts";
import { withLedgerErrors } from "./errors.ts";
import { type LedgerMachine, machineOf, metaOf, setMeta } from "./identity.ts";
import type { Ledger } from "./Ledger.ts";

/** A row of the journal that this machine observed. */
export interface OutboxRow {
  readonly seq: number;
  readonly key: string;
  readonly source: string;
  /** Version of the source's reader. */
  readonly reader: number;
  /** The text as the journal has it. */
  readonly body: string;
}

/** Some rows, and the number up to which these are all that the journal has. */
export interface OutboxPart {
  readonly rows: readonly OutboxRow[];
  readonly upto: number;
}

/** How far a hub has the rows of an epoch, and which process began to send them last. */
export interface HubCursor {
  readonly epoch: string;
  readonly acked: number;
  readonly run: string;
}

const ROW = "seq, key, source, reader, body";
const OWN = "machine = (SELECT value FROM meta WHERE name = 'machine')";
const cursorCells = rowOf(hubCursor);

/** The outbox of a ledger: made where a hub is used, so that nothing else loads it. */
export const outboxOf = ({ database, path }: Ledger): Outbox => withLedgerErrors(new Outbox(database, path), path);

/** What this machine observed, in the order in which it arrived in the journal, for hubs. */
export class Outbox {
  readonly #database: Database;
  readonly #path: string;

  /** The ledger's database and its path; ":memory:" for one in memory. */
  constructor(database: Database, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** This machine, with the birth of its ledger. */
  get machine(): LedgerMachine {
    const own = machineOf(this.#database, metaOf(this.#database, "machine") ?? "");
    const born = Number(metaOf(this.#database, "born") ?? Infinity);
    return { ...own, born };
  }

  /** Identifies the file among all of this host; a copy has another one. */
  get file(): string {
    return this.#path === ":memory:" ? "memory" : String(statSync(this.#path, { bigint: true }).ino);
  }

  /**
   * The epoch of the ledger. A file that is a copy of another one gets a new epoch here, since its next rows get the
   * same numbers as those of the other. Throws busy, disk_full, write_failed.
   */
  epoch(): string {
    const { file } = this;
    if (metaOf(this.#database, "file") !== file) this.#database.transaction(() => this.#adopt(file)).immediate();
    return metaOf(this.#database, "epoch") ?? "";
  }

  #adopt(file: string): void {
    const known = metaOf(this.#database, "file");
    // Another process may have been faster.
    if (known === file) return;
    if (known !== null) setMeta(this.#database, "epoch", crypto.randomUUID());
    setMeta(this.#database, "file", file);
  }

  /** The newest number of the journal; 0 if it is empty. */
  head(): number {
    return this.#database.query<{ seq: number | null }, []>("SELECT MAX(seq) AS seq FROM journal").get()?.seq ?? 0;
  }

  /** The rows after a number, oldest first: at most so many, and so many characters of keys and bodies, but at least one row if there is any. */
  after(seq: number, limits: { readonly rows: number; readonly characters: number }): OutboxPart {
    // First, since rows may be added in between.
    const head = this.head();
    const rows: OutboxRow[] = [];
    let characters = 0;
    const found = this.#database.query<OutboxRow, [number, number]>(
      `SELECT ${ROW} FROM journal WHERE seq > ? AND ${OWN} ORDER BY seq LIMIT ?`,
    );
    for (const row of found.all(seq, limits.rows)) {
      characters += row.key.length + row.body.length;
      if (characters > limits.characters && rows.length > 0) return { rows, upto: rows.at(-1)?.seq ?? seq };
      rows.push(row);
    }
    const last = rows.at(-1)?.seq ?? seq;
    return { rows, upto: rows.length < limits.rows ? Math.max(head, last) : last };
  }

  /** All rows of some keys, oldest first. */
  ofKeys(keys: readonly string[]): OutboxRow[] {
    return this.#database
      .query<OutboxRow, [string]>(`SELECT ${ROW} FROM journal WHERE key ${IN_LIST} AND ${OWN} ORDER BY seq`)
      .all(JSON.stringify(keys));
  }

  /** The number of rows after a number, by assistant. */
  pending(seq: number): Record<string, number> {
    const rows = this.#database.query<{ source: string; rows: number }, [number]>(
      `SELECT source, COUNT(*) AS rows FROM journal WHERE seq > ? AND ${OWN} GROUP BY source`,
    );
    return Object.fromEntries(rows.all(seq).map((one) => [one.source, one.rows]));
  }

  /** The directory in which a session began; "" if that is not known. */
  startOf(source: string, session: string): string {
    const row = this.#database
      .query<{ directory: string }, [string, string]>(
        "SELECT directory FROM session_origin WHERE assistant = ? AND id = ?",
      )
      .get(source, session);
    return row?.directory ?? "";
  }

  /** The directory that a worktree was created from; null if the directory is no known worktree. */
  repositoryOf(directory: string): string | null {
    const row = this.#database
      .query<{ repository: string }, [string]>("SELECT repository FROM worktree WHERE directory = ?")
      .get(directory);
    return row?.repository ?? null;
  }

  /** All directories that this machine's observations name. */
  directories(): string[] {
    return this.#database
      .query<{ project: string }, []>(`SELECT DISTINCT project FROM dimension_set WHERE ${OWN}`)
      .all()
      .map(({ project }) => project);
  }

  /** How far a hub has the rows; null if that is not known. */
  cursor(hub: string): HubCursor | null {
    return this.#database
      .query<HubCursor, [string]>(`SELECT ${byField(columnsOf(hubCursor, "hub"))} FROM hub_cursor WHERE hub = ?`)
      .get(hub);
  }

  /** Stores how far a hub has the rows. Throws busy, disk_full, write_failed. */
  setCursor(hub: string, cursor: HubCursor): void {
    this.#database
      .query<unknown, ColumnValue[]>(insertSql(hubCursor, columnsOf(hubCursor), "INSERT OR REPLACE"))
      .run(...cursorCells({ hub, ...cursor }));
  }

  /** Stores how far a hub has the rows of an epoch, whichever process began to send them; nothing if it is another epoch by now. Throws busy, disk_full, write_failed. */
  advance(hub: string, { epoch, acked }: Omit<HubCursor, "run">): void {
    this.#database
      .query<unknown, ColumnValue[]>("UPDATE hub_cursor SET acked = ? WHERE hub = ? AND epoch = ?")
      .run(acked, hub, epoch);
  }

  /** Forgets a hub. */
  dropCursor(hub: string): void {
    this.#database.query<unknown, [string]>("DELETE FROM hub_cursor WHERE hub = ?").run(hub);
  }
}
