import { existsSync } from "node:fs";
import { OldLedger } from "../../ledger/sqlite/OldLedger.ts";
import { PawprintError } from "../../utils/errors.ts";
import { tryLock } from "../../utils/lock.ts";
import { serveLock } from "../../utils/paths.ts";
import type { BackupPlaces } from "./places.ts";

/** How long to wait for other users of a ledger, milliseconds. */
const BUSY_MS = 10_000;

/** The ledgers that are there now and will be replaced, which no other process has open until this is disposed of. */
export class ReplacedLedgers implements Disposable {
  readonly #held = new DisposableStack();
  readonly #old = new Map<string, OldLedger>();

  /** `paths` are the files that will be replaced. Throws busy and what OldLedger throws. */
  constructor({ ledger, hub }: Pick<BackupPlaces, "ledger" | "hub">, paths: readonly string[]) {
    const willReplace = (path: string): boolean => paths.includes(path) && existsSync(path);
    try {
      // First, because a running hub has the ledger open too.
      if (willReplace(hub)) this.#hold(hub, serveLock(hub), "the hub of this machine is running");
      if (willReplace(ledger)) this.#hold(ledger, `${ledger}.rebuild-lock`, "a rebuild is running");
    } catch (error) {
      this.#held.dispose();
      throw error;
    }
  }

  /** The ledger that is replaced at a path; null if none is. */
  at(path: string): OldLedger | null {
    return this.#old.get(path) ?? null;
  }

  [Symbol.dispose](): void {
    this.#held.dispose();
  }

  #hold(path: string, lockPath: string, why: string): void {
    const lock = tryLock(lockPath);
    if (lock === null) throw new PawprintError("busy", why, "stop it, or wait until it has ended");
    this.#held.defer(() => lock.release());
    this.#old.set(path, this.#held.use(new OldLedger(path, BUSY_MS)));
  }
}
