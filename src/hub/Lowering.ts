import type { Database } from "bun:sqlite";
import type { Writers } from "../ledger/sqlite/batch.ts";
import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { lowerJournal, lowerOrigins, lowerPrunedFacts } from "../ledger/sqlite/lower.ts";
import { levelNumber } from "../ledger/tables/journal.ts";
import type { KeyedHash } from "../model/privacy-rules.ts";
import type { Clock } from "../utils/clock.ts";
import type { Member } from "./services.ts";
import type { StoredMembers } from "./StoredMembers.ts";

/** Rows of the journal that are looked at in one transaction, and the pause after it, milliseconds. */
const STEP_ROWS = 2_000;
const PAUSE_MS = 50;

/** What a lowering needs. */
export interface LoweringParts {
  readonly ledger: SharedLedger;
  readonly members: StoredMembers;
  readonly clock: Clock;
  readonly hash: KeyedHash;
  /** Notes a failure that nobody expected. */
  failed(error: unknown): void;
}

/**
 * Takes the details out of what a machine sent before its level was lowered. The machine sends its rows again too, but not those
 * that leave at details only, nor those of a ledger that it no longer has.
 */
export class Lowering {
  readonly #parts: LoweringParts;
  readonly #running = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(parts: LoweringParts) {
    this.#parts = parts;
  }

  /**
   * Begins for a machine, if the hub has details of it and it sends none; returns whether that is so. Works in small steps, so that others do
   * not wait.
   */
  begin(machine: string): boolean {
    if (this.#due(machine) === null) return false;
    // It may have sent details again since, which this run finds too.
    if (this.#running.has(machine)) return true;
    const run = this.#run(machine)
      .catch((error: unknown) => this.#parts.failed(error))
      .finally(() => this.#running.delete(machine));
    this.#running.set(machine, run);
    return true;
  }

  /** Goes on with what a hub that ended had begun. */
  resume(): void {
    for (const { machine } of this.#parts.members.all()) this.begin(machine);
  }

  /** Resolves when everything that was begun is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Ends after the current step; the next `begin` goes on from there. */
  stop(): void {
    this.#isStopped = true;
  }

  #due(machine: string): Member | null {
    const member = this.#parts.members.find(machine);
    return member?.level === "metrics" && member.details === 1 ? member : null;
  }

  async #run(machine: string): Promise<void> {
    const { clock, hash, ledger } = this.#parts;
    for (let after = 0; ; after += STEP_ROWS) {
      if (this.#isStopped) return;
      const member = this.#due(machine);
      // It sends details again.
      if (member === null) return;
      const owner = { id: machine, name: member.name, born: member.born };
      const next = this.#nextAfter(machine, after);
      ledger.transaction((database, writers) => {
        // What is removed is overwritten.
        database.run("PRAGMA secure_delete=1");
        try {
          if (next === null) this.#finish(database, writers, machine);
          else lowerJournal(ledger, writers, owner, hash, { after: next - 1, upto: next - 1 + STEP_ROWS });
        } finally {
          database.run("PRAGMA secure_delete=0");
        }
      });
      if (next === null) return;
      after = next - 1;
      await clock.sleep(PAUSE_MS);
    }
  }

  /** The number of a machine's first row with details after a number, or of its first one at all; null if it has none. */
  #nextAfter(machine: string, after: number): number | null {
    const query = this.#parts.ledger.database.query<{ seq: number }, [number, string]>(
      `SELECT seq FROM journal WHERE seq > ? AND machine = ? AND level = ${levelNumber.details} ORDER BY seq LIMIT 1`,
    );
    return (query.get(after, machine) ?? query.get(0, machine))?.seq ?? null;
  }

  #finish(database: Database, writers: Writers, machine: string): void {
    const { hash, ledger } = this.#parts;
    if (ledger.horizon !== null) lowerPrunedFacts(database, writers, machine, hash);
    // They name the project and the branch of facts that are gone.
    writers.facts.dropUnusedDimensions();
    lowerOrigins(database, machine, hash);
    database.run("UPDATE member SET details = 0 WHERE machine = ?", [machine]);
  }
}
