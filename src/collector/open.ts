import { Ledger } from "../ledger/sqlite/Ledger.ts";
import { sources } from "../sources/registry.ts";
import type { Source } from "../sources/contract.ts";
import { Collector, type ScanEnvironment } from "./Collector.ts";

/** A ledger and what fills it. */
export interface Opened extends Disposable {
  readonly ledger: Ledger;
  readonly collector: Collector;
}

/** What not everybody who opens a ledger wants otherwise. */
interface How {
  /** Milliseconds that another writer is waited for. */
  readonly busyMs?: number | undefined;
  /** The assistants whose files are read; all of the shelf where this is missing. */
  readonly assistants?: readonly Source[] | undefined;
}

/** Opens the ledger at a path with a collector for this user's assistants, or for some of them. Throws what Ledger throws. */
export function openLedger(path: string, scene: ScanEnvironment, { busyMs, assistants = sources }: How = {}): Opened {
  // Only a new ledger asks for the name, and loading what knows it takes longer than opening one.
  const ledger = new Ledger(path, () => process.getBuiltinModule("node:os").hostname(), busyMs);
  const collector = new Collector(ledger, assistants, scene);
  return { ledger, collector, [Symbol.dispose]: () => ledger[Symbol.dispose]() };
}
