import type { Database } from "bun:sqlite";
import { isSum } from "../../model/observation.ts";
import type { OffsetInterval } from "../../model/calendar.ts";
import type { Added, Batch, Writers } from "./batch.ts";
import { BUSY_MS, ledgerError, type LedgerOptions, openDatabase } from "./database.ts";
import { Days } from "./Days.ts";
import { withLedgerErrors } from "./errors.ts";
import { Facts } from "./Facts.ts";
import { Files } from "./Files.ts";
import { Journal } from "./Journal.ts";
import { Origins } from "./Origins.ts";
import { markOrigins, rebuildFacts } from "./rebuild-facts.ts";
import { horizonOf } from "./retention.ts";
import { type PreparedEntry, rowsOf } from "../fold/prepare.ts";
import { levelNumber, observerOf } from "../tables/journal.ts";
import { addMachine, identify, metaOf, readerName, setMeta } from "./identity.ts";
import type { Queries } from "../queries.ts";
import { SqliteQueries } from "./SqliteQueries.ts";

/**
 * The ledger of one machine: a journal of observations, facts folded from it, and roll-ups of the
 * facts. Batches may arrive in any order, twice, and from several processes at once; facts and sums come out the same.
 *
 * `add` writes within one transaction, which the first one begins and `commit` ends; nobody else can write meanwhile. If
 * one throws, everything since the last commit is lost. It throws busy, disk_full, write_failed or file_refused.
 */
export class Ledger implements Disposable {
  /** Id of this machine, made together with the ledger. */
  readonly machine: string;
  readonly files: Files;
  readonly queries: Queries;
  /** For what few need: the outbox of a machine, and the tables of a hub. */
  readonly database: Database;
  /** Of its file; ":memory:" for one in memory. */
  readonly path: string;
  protected readonly origins: Origins;
  readonly #busyMs: number;
  readonly #isReadOnly: boolean;
  readonly #days: Days;
  #writers: Writers | null = null;

  /**
   * Opens or creates the ledger at a path. `host` returns the machine's name for people. Rebuilds the facts first if a
   * migration asks for it. Throws what openDatabase throws.
   */
  constructor(path: string, host: () => string, options: LedgerOptions = {}) {
    this.path = path;
    this.#busyMs = options.busyMs ?? BUSY_MS;
    this.#isReadOnly = options.isReadOnly ?? false;
    this.database = openDatabase(path, options);
    this.#days = new Days(this.database);
    this.origins = new Origins(this.database);
    this.files = withLedgerErrors(new Files(this.database), path);
    this.queries = withLedgerErrors(new SqliteQueries(this.database, this.#days, this.origins), path);
    try {
      if (this.#isReadOnly) this.machine = metaOf(this.database, "machine") ?? "";
      else {
        this.machine = identify(this.database, host);
        if (metaOf(this.database, "rebuild") !== null) this.rebuild();
      }
    } catch (error) {
      this.database.close();
      throw ledgerError(path, error);
    }
  }

  /** Writes a batch and commits it. */
  ingest(batch: Batch): Added {
    const added = this.add(batch);
    this.commit();
    return added;
  }

  /** Adds a batch. */
  add({
    machine,
    level = "details",
    cut = 0,
    source,
    entries,
    skipped = [],
    restarted = [],
    files = [],
    origins = [],
  }: Batch): Added {
    return this.write(({ journal, facts }) => {
      let isReplaced = false;
      const known: PreparedEntry[] = [];
      const fresh: PreparedEntry[] = [];
      if (machine) addMachine(this.database, machine);
      const machineId = machine?.id ?? this.machine;
      const observer = {
        machine: machineId,
        source,
        hash: observerOf(machineId, source),
        level: cut > 0 ? -cut : levelNumber[level],
      };
      const newest = this.#newestReader(readerName(this.machine, machineId, source), entries);
      const isPruned = horizonOf(this.database) !== null;
      // Inserting in key order is faster, the more so the larger the ledger.
      for (const entry of entries.toSorted((a, b) => (a.key < b.key ? -1 : +(a.key > b.key)))) {
        // If a key has facts, it was observed before; if it has none, no observation of it holds. Exceptions are sums,
        // which may have no fact, a withdrawn key, and an older reader, whose observations may have been withdrawn
        // already.
        const { kind, rows, reader, key } = entry;
        const isOpen = kind === null || isSum(kind) || rows.length === 0 || reader < newest;
        if (isOpen || !facts.put(kind, rows)) known.push(entry);
        else {
          if (machine) isReplaced = journal.dropOtherLevels(key, observer) || isReplaced;
          fresh.push(entry);
        }
      }
      let added = journal.appendAll(fresh, observer);
      let late = 0;
      for (const entry of known) {
        const { kind, key } = entry;
        if (isPruned && kind !== null && !journal.has(key) && facts.has(kind, key)) {
          late += entry.observations.length;
          continue;
        }
        if (machine) isReplaced = journal.dropOtherLevels(key, observer) || isReplaced;
        const appended = journal.append(entry, observer);
        added += appended;
        if (appended > 0 && kind !== null)
          facts.replace(kind, key, rowsOf(kind, key, journal.observationsOf(kind, key)));
      }
      this.files.mark(restarted, files, skipped);
      this.origins.add(source, origins);
      if (isReplaced) markOrigins(this.database);
      return { rows: added, late, isReplaced };
    });
  }

  /** Commits what was added. */
  commit(): void {
    if (!this.database.inTransaction) return;
    this.#atomically(({ facts }) => {
      facts.flush();
      this.database.run("COMMIT");
    });
  }

  /** Ends the transaction without it. */
  rollback(): void {
    if (this.database.inTransaction) this.#rollback();
  }

  /**
   * Keeps sums of the local days of some intervals from now on, so that queries about whole days use them. If another
   * process is writing, or the ledger is open for reading only, this does nothing: the results are the same, and the next report tries
   * again. Nor does it beyond the most offsets that Days keeps.
   */
  keepDays(intervals: readonly OffsetInterval[]): void {
    const missing = this.#days.missingOffsets(intervals);
    if (missing.size === 0 || this.database.inTransaction || this.#isReadOnly) return;
    try {
      this.database.run("PRAGMA busy_timeout=0");
      this.database.transaction(() => missing.forEach((ahead) => this.#days.keepOffset(ahead))).immediate();
    } catch (error) {
      if (ledgerError(this.path, error) === error) throw error;
    } finally {
      this.database.run(`PRAGMA busy_timeout=${this.#busyMs}`);
    }
  }

  /** Until the result is disposed of, queries see the ledger as it is now, whatever others write; nothing can be written meanwhile. */
  snapshot(): Disposable {
    this.database.run("BEGIN");
    // SQLite takes the snapshot at the first read.
    this.database.query("SELECT 1 FROM meta").get();
    return { [Symbol.dispose]: () => void this.database.run("COMMIT") };
  }

  /** Rebuilds all facts and sums from the journal; facts whose observations were pruned stay. */
  rebuild(): void {
    this.write((writers) => rebuildFacts(this.database, writers, this.origins));
    this.commit();
  }

  /** Whether a response with that key is counted. */
  hasResponse(key: string): boolean {
    return this.database.query("SELECT 1 FROM response WHERE key = ?").get(key) !== null;
  }

  /** Copies the write-ahead log into the database, which then is a single file, unless another process has it open. */
  checkpoint(): void {
    this.database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  [Symbol.dispose](): void {
    this.database.close();
  }

  /** Runs a part of the open transaction, or begins one. */
  protected write<T>(change: (writers: Writers) => T): T {
    return this.#atomically((writers) => {
      if (!this.database.inTransaction) this.database.run("BEGIN IMMEDIATE");
      return change(writers);
    });
  }

  /** Runs a part of a transaction; if it fails, the whole transaction is rolled back. */
  #atomically<T>(change: (writers: Writers) => T): T {
    const writers = (this.#writers ??= {
      journal: new Journal(this.database),
      facts: new Facts(this.database, this.#days),
    });
    try {
      return change(writers);
    } catch (error) {
      this.#rollback();
      throw ledgerError(this.path, error);
    }
  }

  #rollback(): void {
    this.#writers?.facts.forget();
    if (this.database.inTransaction) this.database.run("ROLLBACK");
  }

  /**
   * Returns the newest version of a source's reader that a machine ever used, stored under a name, including that of
   * these entries. Call only within a transaction.
   */
  #newestReader(name: string, entries: readonly PreparedEntry[]): number {
    const known = Number(metaOf(this.database, name) ?? 1);
    let newest = known;
    for (const { reader } of entries) if (reader > newest) newest = reader;
    if (newest > known) setMeta(this.database, name, String(newest));
    return newest;
  }
}
