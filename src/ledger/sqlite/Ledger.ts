import type { Database } from "bun:sqlite";
import { isSum } from "../../model/observation.ts";
import type { OffsetInterval } from "../../model/calendar.ts";
import { BUSY_MS, ledgerError, openDatabase } from "./database.ts";
import { Days } from "./Days.ts";
import { Facts } from "./Facts.ts";
import { type FileMark, Files, type SkippedLine } from "./Files.ts";
import { DETAILS, Journal } from "./Journal.ts";
import { Origins, OriginsBuilder, type SessionOrigin } from "./Origins.ts";
import { type PreparedEntry, rowsOf } from "../fold/prepare.ts";
import { observerOf } from "../tables/journal.ts";
import { derivedTables } from "../tables/schema.ts";
import { addMachine, identify, type LedgerMachine, metaOf, readerName } from "./identity.ts";
import type { Queries } from "../queries.ts";
import { SqliteQueries } from "./SqliteQueries.ts";
import { bucketsOf } from "./intervals.ts";

/** The result of reading some files, written in one transaction or not at all. */
export interface Batch {
  /** The machine that observed; the ledger's own if missing. The birth that it is first named with is kept. */
  readonly machine?: LedgerMachine;
  /** What the machine left out of the observations before it sent them; nothing if missing. */
  readonly level?: number;
  readonly source: string;
  /** The observations, as `prepare` returned them for that machine. */
  readonly entries: readonly PreparedEntry[];
  readonly skipped: readonly SkippedLine[];
  /** Files that are read from their beginning again: what was skipped in them before is deleted. */
  readonly restarted: readonly string[];
  /** How far the files were read, including this batch. */
  readonly files: readonly FileMark[];
  /** Where the sessions of these observations began, and the accounts they belong to. */
  readonly origins?: readonly SessionOrigin[];
}

/** Needed only for writing; a report does without. */
interface Writers {
  readonly journal: Journal;
  readonly facts: Facts;
}

/**
 * The ledger of one machine: a journal of observations that only grows, facts folded from it, and roll-ups of the
 * facts. Batches may arrive in any order, twice, and from several processes at once; facts and sums come out the same.
 */
export class Ledger implements Disposable {
  /** Id of this machine, made together with the ledger. */
  readonly machine: string;
  readonly files: Files;
  readonly queries: Queries;
  readonly #path: string;
  readonly #busyMs: number;
  readonly #database: Database;
  readonly #days: Days;
  readonly #origins: Origins;
  #writers: Writers | null = null;

  /**
   * Opens or creates the ledger at a path. `host` returns the machine's name for people, `busyMs` is how long to wait
   * for another writer. Rebuilds the facts first if a migration asks for it. Throws what openDatabase throws.
   */
  constructor(path: string, host: () => string, busyMs = BUSY_MS) {
    this.#path = path;
    this.#busyMs = busyMs;
    this.#database = openDatabase(path, busyMs);
    this.#days = new Days(this.#database);
    this.#origins = new Origins(this.#database);
    this.files = withLedgerErrors(new Files(this.#database), path);
    this.queries = withLedgerErrors(new SqliteQueries(this.#database, this.#days, this.#origins), path);
    try {
      this.machine = identify(this.#database, host);
      if (metaOf(this.#database, "rebuild") !== null) this.rebuild();
    } catch (error) {
      this.#database.close();
      throw ledgerError(path, error);
    }
  }

  /** Writes a batch. Throws busy, disk_full, write_failed or file_refused; then none of it is written. */
  ingest(batch: Batch): void {
    this.add(batch);
    this.commit();
  }

  /**
   * Adds a batch to a transaction that stays open until `commit`; nobody else can write meanwhile. Throws what ingest
   * throws; then everything added since the last commit is lost.
   */
  add({ machine, level = DETAILS, source, entries, skipped, restarted, files, origins = [] }: Batch): void {
    this.#atomically(({ journal, facts }) => {
      if (!this.#database.inTransaction) this.#database.run("BEGIN IMMEDIATE");
      const known: PreparedEntry[] = [];
      const fresh: PreparedEntry[] = [];
      if (machine) addMachine(this.#database, machine);
      const machineId = machine?.id ?? this.machine;
      const observer = { machine: machineId, source, hash: observerOf(machineId, source), level };
      const newest = this.#newestReader(readerName(this.machine, machineId, source), entries);
      // Inserting in key order is faster, the more so the larger the ledger.
      for (const entry of entries.toSorted((a, b) => (a.key < b.key ? -1 : +(a.key > b.key)))) {
        // If a key has facts, it was observed before; if it has none, no observation of it holds. Exceptions are sums,
        // which may have no fact, a withdrawn key, and an older reader, whose observations may have been withdrawn
        // already.
        const { kind, rows, reader } = entry;
        const isOpen = kind === null || isSum(kind) || rows.length === 0 || reader < newest;
        if (isOpen || !facts.put(kind, rows)) known.push(entry);
        else fresh.push(entry);
      }
      journal.appendAll(fresh, observer);
      for (const entry of known) {
        const { kind, key } = entry;
        if (journal.append(entry, observer) && kind !== null)
          facts.replace(kind, key, rowsOf(kind, key, journal.observationsOf(kind, key)));
      }
      this.files.mark(restarted, files, skipped);
      this.#origins.add(source, origins);
    });
  }

  /** Commits what was added. Throws what ingest throws. */
  commit(): void {
    if (!this.#database.inTransaction) return;
    this.#atomically(({ facts }) => {
      facts.flush();
      this.#database.run("COMMIT");
    });
  }

  /**
   * Keeps sums of the local days of some intervals from now on, so that queries about whole days use them. If another
   * process is writing, this does nothing: the results are the same, and the next report tries again.
   */
  keepDays(intervals: readonly OffsetInterval[]): void {
    const missing = new Set(intervals.map((one) => bucketsOf(one).ahead)).difference(this.#days.keptOffsets());
    if (missing.size === 0 || this.#database.inTransaction) return;
    try {
      this.#database.run("PRAGMA busy_timeout=0");
      this.#database.transaction(() => missing.forEach((ahead) => this.#days.keepOffset(ahead))).immediate();
    } catch (error) {
      if (ledgerError(this.#path, error) === error) throw error;
    } finally {
      this.#database.run(`PRAGMA busy_timeout=${this.#busyMs}`);
    }
  }

  /** Until the result is disposed of, queries see the ledger as it is now, whatever others write; nothing can be written meanwhile. */
  snapshot(): Disposable {
    this.#database.run("BEGIN");
    // SQLite takes the snapshot at the first read.
    this.#database.query("SELECT 1 FROM meta").get();
    return { [Symbol.dispose]: () => void this.#database.run("COMMIT") };
  }

  /** Rebuilds all facts and sums from the journal. */
  rebuild(): void {
    this.#atomically(({ journal, facts }) => {
      this.#database.run("BEGIN IMMEDIATE");
      for (const { name } of derivedTables) this.#database.run(`DELETE FROM ${name}`);
      // Set by a migration that needs a rebuild.
      this.#database.run("DELETE FROM meta WHERE name = 'rebuild'");
      facts.forget();
      const origins = new Map<string, OriginsBuilder>();
      for (const { kind, key, observations } of journal.all()) {
        facts.put(kind, rowsOf(kind, key, observations));
        for (const { source, body, reader } of observations) {
          let builder = origins.get(source);
          if (!builder) origins.set(source, (builder = new OriginsBuilder()));
          builder.add(kind, body, "", reader);
        }
      }
      this.#origins.forgetStarts();
      for (const [source, builder] of origins) this.#origins.add(source, builder.all);
    });
    this.commit();
  }

  /** Whether a response with that key is counted. */
  hasResponse(key: string): boolean {
    return this.#database.query("SELECT 1 FROM response WHERE key = ?").get(key) !== null;
  }

  /** Copies the write-ahead log into the database, which then is a single file, unless another process has it open. */
  checkpoint(): void {
    this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Runs a part of a transaction; if it fails, the whole transaction is rolled back. */
  #atomically(change: (writers: Writers) => void): void {
    const { journal, facts } = (this.#writers ??= {
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

  /**
   * Returns the newest version of a source's reader that a machine ever used, stored under a name, including that of
   * these entries. Call only within a transaction.
   */
  #newestReader(name: string, entries: readonly PreparedEntry[]): number {
    const known = Number(metaOf(this.#database, name) ?? 1);
    let newest = known;
    for (const { reader } of entries) if (reader > newest) newest = reader;
    if (newest > known) this.#database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, String(newest)]);
    return newest;
  }
}

/** Wraps an object so that its methods and properties throw what `ledgerError` makes of their errors. */
function withLedgerErrors<T extends object>(target: T, path: string): T {
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
