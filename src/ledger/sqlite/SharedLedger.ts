import type { Database } from "bun:sqlite";
import type { Writers } from "./batch.ts";
import type { LedgerOptions } from "./database.ts";
import { withLedgerErrors } from "./errors.ts";
import { forgetRows, type Forgotten } from "./forget.ts";
import { metaOf, setMeta } from "./identity.ts";
import { Ledger } from "./Ledger.ts";
import { Proof } from "./Proof.ts";
import { refreshOrigins } from "./rebuild-facts.ts";
import { horizonOf, pruneRows, type SeqRange } from "./retention.ts";

/**
 * The ledger of the machines of a hub, with the hub's tables in the same file. What changes it writes within the transaction that
 * `add` describes.
 */
export class SharedLedger extends Ledger {
  /** Sums over digests, which show whether two ledgers have the same rows of a machine. */
  readonly proof: Proof;

  /** As Ledger, with the profile of a hub. */
  constructor(path: string, host: () => string, options: LedgerOptions = {}) {
    super(path, host, { profile: "hub", ...options });
    this.proof = withLedgerErrors(new Proof(this.database), path);
  }

  /** Writes something of the caller's own, such as how far a machine's rows are stored: in the open transaction, or in one that ends here. */
  transaction<T>(write: (database: Database, writers: Writers) => T): T {
    const isOpen = this.database.inTransaction;
    const result = this.write((writers) => write(this.database, writers));
    if (!isOpen) this.commit();
    return result;
  }

  /**
   * Makes or changes tables of the caller's own in the ledger's file: runs the steps that have not run yet. Steps are only ever
   * added; their number is stored under the name.
   */
  extend(name: string, steps: readonly ((database: Database) => void)[]): void {
    const version = (): number => Number(metaOf(this.database, `version:${name}`) ?? 0);
    if (version() === steps.length) return;
    this.transaction((database) => {
      // Read again: another process may have been faster.
      for (const step of steps.slice(version())) step(database);
      setMeta(database, `version:${name}`, String(steps.length));
    });
  }

  /** Removes what machines observed in a session or project, or all that they observed; returns the number of observations. */
  forget(what: Forgotten): number {
    return this.write((writers) => forgetRows(this.database, writers, this.origins, what));
  }

  /**
   * Derives where sessions began again if a machine has sent them at another level: until then these keep the directories of the former
   * one. Reads the whole journal in that case, so it is for the end of such a change.
   */
  refreshOrigins(): void {
    this.write(({ journal }) => refreshOrigins(this.database, journal, this.origins));
    this.commit();
  }

  /**
   * Removes observations from before a day since 1970; facts and sums stay. Returns the number of observations. Observations of these
   * keys that arrive later are late.
   */
  prune(beforeDay: number, range?: SeqRange): number {
    return this.write(() => pruneRows(this.database, beforeDay, range));
  }

  /** The day since 1970 before which observations were removed by `prune`; null if none were. */
  get horizon(): number | null {
    return horizonOf(this.database);
  }
}
