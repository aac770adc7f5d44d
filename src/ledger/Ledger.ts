import type { Database } from "bun:sqlite";
import type { Stretch } from "../model/calendar.ts";
import { BUSY_MS, ledgerError, openDatabase } from "./database.ts";
import { Days } from "./Days.ts";
import { Facts } from "./Facts.ts";
import { type FileMark, Files, type SkippedLine } from "./Files.ts";
import { Journal } from "./Journal.ts";
import { Origins, OriginsSeen, type SessionOrigin } from "./Origins.ts";
import { type Entry, rowsOf } from "./prepare.ts";
import { Questions } from "./Questions.ts";
import { quartersOf } from "./stretches.ts";

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
  /** Where sessions of these observations began, and whose they are. */
  readonly origins?: readonly SessionOrigin[];
}

/** What only writing needs: a report does without. */
interface Writing {
  readonly journal: Journal;
  readonly facts: Facts;
}

const FACTS = "response action session cost_state rate_limit day worktree".split(" ");
const SUMS = "usage_day usage_quarter action_quarter slice".split(" ");

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
  readonly #busyMs: number;
  readonly #database: Database;
  readonly #days: Days;
  readonly #origins: Origins;
  #writing: Writing | null = null;

  /**
   * Opens or creates the ledger at a path; `host` gives the name by which people know this machine, `busyMs` how long another
   * writer is waited for. After a migration that asks for it facts are made anew first. Throws what openDatabase throws.
   */
  constructor(path: string, host: () => string, busyMs = BUSY_MS) {
    this.#path = path;
    this.#busyMs = busyMs;
    this.#database = openDatabase(path, busyMs);
    this.#days = new Days(this.#database);
    this.#origins = new Origins(this.#database);
    this.files = guarded(new Files(this.#database), path);
    this.questions = guarded(new Questions(this.#database, this.#days, this.#origins), path);
    try {
      this.machine = this.#machineOf(host);
      if (this.#database.query("SELECT 1 FROM meta WHERE name = 'rebuild'").get() !== null) this.rebuild();
    } catch (error) {
      this.#database.close();
      throw ledgerError(path, error);
    }
  }

  /** Takes a batch in. Throws busy, disk_full, write_failed, file_refused; then nothing of it is in. */
  ingest(batch: Batch): void {
    this.add(batch);
    this.commit();
  }

  /**
   * Takes a batch into a transaction that stays open until `commit`; nobody else can write meanwhile. Throws what ingest
   * throws; then nothing is in that was added since the last commit.
   */
  add({ source, entries, skipped, restarted, files, origins = [] }: Batch): void {
    this.#atomically(({ journal, facts }) => {
      if (!this.#database.inTransaction) this.#database.run("BEGIN IMMEDIATE");
      const known: Entry[] = [];
      const fresh: Entry[] = [];
      const newest = this.#newestReader(source, entries);
      // In the order of the keys, which is faster the larger the ledger is.
      for (const entry of entries.toSorted((a, b) => (a.key < b.key ? -1 : +(a.key > b.key)))) {
        // A key of which there are facts was observed before; if there are none, nothing was that holds. A rest may be no fact,
        // what is withdrawn is none, and what an older reader observes may have been withdrawn already.
        const isOpen = entry.kind === "rest" || entry.rows.length === 0 || entry.reader < newest;
        if (isOpen || !facts.put(entry.kind, entry.rows)) known.push(entry);
        else fresh.push(entry);
      }
      journal.noteAll(fresh, this.machine, source);
      for (const entry of known) {
        if (!journal.note(entry, this.machine, source)) continue;
        facts.replace(entry.kind, entry.key, rowsOf(entry.kind, entry.key, journal.about(entry.key)));
      }
      this.files.mark(restarted, files, skipped);
      this.#origins.add(source, origins);
    });
  }

  /** Keeps what was added. Throws what ingest throws. */
  commit(): void {
    if (!this.#database.inTransaction) return;
    this.#atomically(({ facts }) => {
      facts.flush();
      this.#database.run("COMMIT");
    });
  }

  /**
   * Keeps sums of the local days of some stretches from now on, so that questions about whole days are answered from them.
   * Where this is not the moment to write, nothing happens: the answers are the same, and the next report tries again.
   */
  keepDays(stretches: readonly Stretch[]): void {
    const missing = new Set(stretches.map((one) => quartersOf(one).ahead)).difference(this.#days.kept);
    if (missing.size === 0) return;
    try {
      this.#database.run("PRAGMA busy_timeout=0");
      this.#database.transaction(() => missing.forEach((ahead) => this.#days.keep(ahead))).immediate();
    } catch (error) {
      if (ledgerError(this.#path, error) === error) throw error;
    } finally {
      this.#database.run(`PRAGMA busy_timeout=${this.#busyMs}`);
    }
  }

  /** Makes all facts and sums anew from the journal. */
  rebuild(): void {
    this.#atomically(({ journal, facts }) => {
      this.#database.run("BEGIN IMMEDIATE");
      for (const table of [...FACTS, ...SUMS]) this.#database.run(`DELETE FROM ${table}`);
      // A migration may have asked for this.
      this.#database.run("DELETE FROM meta WHERE name = 'rebuild'");
      facts.forget();
      const origins = new Map<string, OriginsSeen>();
      for (const { kind, key, seen } of journal.all()) {
        facts.put(kind, rowsOf(kind, key, seen));
        for (const { source, body, reader } of seen) {
          let own = origins.get(source);
          if (!own) origins.set(source, (own = new OriginsSeen()));
          own.see(kind, body, "", reader);
        }
      }
      this.#origins.forgetStarts();
      for (const [source, own] of origins) this.#origins.add(source, own.all);
    });
    this.commit();
  }

  /** Whether a response of that key is counted. */
  hasResponse(key: string): boolean {
    return this.#database.query("SELECT 1 FROM response WHERE key = ?").get(key) !== null;
  }

  /** Takes the write-ahead log into the database, which then stands in one file, as long as nobody else has it open. */
  checkpoint(): void {
    this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Does something of a transaction; when it fails, so does the whole of it. */
  #atomically(change: (writing: Writing) => void): void {
    const { journal, facts } = (this.#writing ??= {
      journal: new Journal(this.#database),
      facts: new Facts(this.#database, this.#days),
    });
    try {
      change({ journal, facts });
    } catch (error) {
      facts.forget();
      if (this.#database.inTransaction) this.#database.run("ROLLBACK");
      throw ledgerError(this.#path, error);
    }
  }

  /** The newest version of a source's reader that ever wrote here, that of some entries included. Only within a transaction. */
  #newestReader(source: string, entries: readonly Entry[]): number {
    const name = `reader:${source}`;
    const row = this.#database.query<{ value: string }, [string]>("SELECT value FROM meta WHERE name = ?").get(name);
    const known = Number(row?.value ?? 1);
    let newest = known;
    for (const { reader } of entries) if (reader > newest) newest = reader;
    if (newest > known) this.#database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, String(newest)]);
    return newest;
  }

  #machineOf(host: () => string): string {
    const find = this.#database.query<{ value: string }, []>("SELECT value FROM meta WHERE name = 'machine'");
    const known = find.get()?.value;
    if (known !== undefined) return known;
    const id = crypto.randomUUID().slice(0, 13);
    return this.#database
      .transaction(() => {
        this.#database.run("INSERT OR IGNORE INTO meta VALUES ('machine', ?)", [id]);
        const machine = find.get()?.value ?? id;
        this.#database.run("INSERT OR REPLACE INTO machine VALUES (?, ?)", [machine, host()]);
        return machine;
      })
      .immediate();
  }
}

/** The same object, whose methods and properties throw what `ledgerError` makes of their errors. */
function guarded<T extends object>(target: T, path: string): T {
  const orError = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      throw ledgerError(path, error);
    }
  };
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = orError(() => Reflect.get(target, name, target));
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => orError(() => Reflect.apply(value, target, args));
    },
  });
}
