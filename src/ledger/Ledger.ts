import type { Database, Statement } from "bun:sqlite";
import type { Seen } from "../model/fact.ts";
import { decodeBody, type Kind } from "../model/observation.ts";
import { ledgerError, openDatabase } from "./database.ts";
import { Facts } from "./Facts.ts";
import { type FileMark, Files, type SkippedLine } from "./Files.ts";
import { type Entry, rowsOf } from "./prepare.ts";
import { Questions } from "./Questions.ts";

/** What was read at one go: written in one transaction, or not at all. */
export interface Batch {
  readonly source: string;
  /** What was observed, as `prepare` made it for this ledger's machine. */
  readonly entries: readonly Entry[];
  readonly skipped: readonly SkippedLine[];
  /** Files that are read from their beginning again: what was skipped in them before is forgotten. */
  readonly restarted: readonly string[];
  /** How far the files were read, once this batch is in. */
  readonly files: readonly FileMark[];
}

/** A row of the journal: key, digest, machine, source, body. */
type Note = [key: string, digest: number, machine: string, source: string, body: string];

/** Rows that are written by one statement where there are many. */
const NOTES = 32;

interface JournalRow {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
  readonly body: string;
}

/**
 * The ledger of one machine: a journal of observations that only grows, facts folded from it, and roll-ups of the facts.
 * Batches may come in any order, twice, and from several processes at once: facts and sums are the same.
 */
export class Ledger implements Disposable {
  /** This machine, by an id that was made with the ledger. */
  readonly machine: string;
  readonly files: Files;
  readonly questions: Questions;
  readonly #path: string;
  readonly #database: Database;
  readonly #facts: Facts;
  readonly #note: Statement<unknown, Note>;
  readonly #noteMany: Statement<unknown, (string | number)[]>;
  readonly #seen: Statement<JournalRow, [string]>;

  /**
   * Opens or creates the ledger at a path; `host` is the name by which people know this machine, `busyMs` how long another
   * writer is waited for. Throws what openDatabase throws.
   */
  constructor(path: string, host: string, busyMs?: number) {
    this.#path = path;
    this.#database = openDatabase(path, busyMs);
    this.machine = this.#machineOf(host);
    this.files = new Files(this.#database);
    this.questions = new Questions(this.#database);
    this.#facts = new Facts(this.#database);
    const noting = (rows: number): string =>
      `INSERT OR IGNORE INTO journal VALUES ${Array(rows).fill("(?, ?, ?, ?, ?)").join(", ")}`;
    this.#note = this.#database.prepare(noting(1));
    this.#noteMany = this.#database.prepare(noting(NOTES));
    this.#seen = this.#database.prepare("SELECT key, machine, source, body FROM journal WHERE key = ?");
  }

  /** Takes a batch in. */
  ingest({ source, entries, skipped, restarted, files }: Batch): void {
    this.#atomically(() => {
      const known: Entry[] = [];
      const notes: Note[] = [];
      // In the order of the keys, which is much faster where many are new.
      for (const entry of entries.toSorted((a, b) => (a.key < b.key ? -1 : +(a.key > b.key)))) {
        // A key of which there are facts was observed before; if there are none, nothing was.
        if (!this.#facts.put(entry.kind, entry.rows)) known.push(entry);
        else for (const note of notesOf(entry, this.machine, source)) notes.push(note);
      }
      this.#noteAll(notes);
      for (const entry of known) {
        const { kind, key } = entry;
        const fresh = notesOf(entry, this.machine, source).filter((note) => this.#note.run(...note).changes > 0);
        if (fresh.length === 0) continue;
        this.#facts.take(kind, key);
        this.#facts.put(kind, rowsOf(kind, key, this.#seen.all(key).map(seenOf)));
      }
      this.files.mark(restarted, files, skipped);
    });
  }

  /** Writes many notes, some with each statement: a statement for each takes twice as long. */
  #noteAll(notes: readonly Note[]): void {
    const whole = notes.length - (notes.length % NOTES);
    for (let at = 0; at < whole; at += NOTES) this.#noteMany.run(...notes.slice(at, at + NOTES).flat());
    for (const note of notes.slice(whole)) this.#note.run(...note);
  }

  /** Makes all facts and sums anew from the journal. */
  rebuild(): void {
    this.#atomically(() => {
      for (const table of "response action session cost_state day usage_quarter action_quarter slice".split(" ")) {
        this.#database.run(`DELETE FROM ${table}`);
      }
      this.#facts.forget();
      let at: JournalRow[] = [];
      const fold = (): void => {
        const [first] = at;
        if (first) this.#facts.put(kindOf(first.key), rowsOf(kindOf(first.key), first.key, at.map(seenOf)));
      };
      for (const row of this.#database
        .query<JournalRow, []>("SELECT key, machine, source, body FROM journal ORDER BY key")
        .iterate()) {
        if (at[0] && at[0].key !== row.key) {
          fold();
          at = [];
        }
        at.push(row);
      }
      fold();
    });
  }

  /** Leaves no large write-ahead log behind for readers to look through. */
  checkpoint(): void {
    this.#database.run("PRAGMA wal_checkpoint(PASSIVE)");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #atomically(change: () => void): void {
    try {
      this.#database
        .transaction(() => {
          change();
          this.#facts.flush();
        })
        .immediate();
    } catch (error) {
      this.#facts.forget();
      throw ledgerError(this.#path, error);
    }
  }

  #machineOf(host: string): string {
    const find = this.#database.query<{ value: string }, []>("SELECT value FROM meta WHERE name = 'machine'");
    const known = find.get()?.value;
    if (known !== undefined) return known;
    const id = crypto.randomUUID().slice(0, 13);
    return this.#database
      .transaction(() => {
        this.#database.run("INSERT OR IGNORE INTO meta VALUES ('machine', ?)", [id]);
        const machine = find.get()?.value ?? id;
        this.#database.run("INSERT OR REPLACE INTO machine VALUES (?, ?)", [machine, host]);
        return machine;
      })
      .immediate();
  }
}

function notesOf({ key, notes }: Pick<Entry, "key" | "notes">, machine: string, source: string): Note[] {
  const rows: Note[] = [];
  for (let at = 0; at < notes.length; at += 2) {
    rows.push([key, Number(notes[at]), machine, source, String(notes[at + 1])]);
  }
  return rows;
}

const seenOf = ({ key, machine, source, body }: JournalRow): Seen<unknown> => ({
  machine,
  source,
  body: decodeBody(kindOf(key), body),
});

const kindOf = (key: string): Kind => key.slice(0, key.indexOf(":")) as Kind;
