import type { LedgerOptions } from "../ledger/sqlite/database.ts";
import { Ledger } from "../ledger/sqlite/Ledger.ts";
import { sources } from "../sources/registry.ts";
import type { Source } from "../sources/contract.ts";
import { Collector, type ScanEnvironment } from "./Collector.ts";

/** A ledger and the collector that fills it. */
export interface OpenedLedger extends Disposable {
  readonly ledger: Ledger;
  readonly collector: Collector;
}

/** Options for opening a ledger. */
interface OpenOptions extends Pick<LedgerOptions, "busyMs" | "profile"> {
  /** The assistants whose files are read; if missing, all that are registered. */
  readonly assistants?: readonly Source[] | undefined;
}

/**
 * Opens the ledger at a path, with a collector for this user's assistants or some of them. Throws what Ledger throws.
 */
export function openLedger(
  path: string,
  environment: ScanEnvironment,
  { assistants = sources, ...how }: OpenOptions = {},
): OpenedLedger {
  // Only a new ledger needs the host name, and loading node:os takes longer than opening a ledger.
  const ledger = new Ledger(path, () => process.getBuiltinModule("node:os").hostname(), how);
  const collector = new Collector(ledger, assistants, environment);
  return { ledger, collector, [Symbol.dispose]: () => ledger[Symbol.dispose]() };
}
