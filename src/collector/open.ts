import { Ledger } from "../ledger/Ledger.ts";
import { sources } from "../sources/all.ts";
import type { Environment } from "../utils/config.ts";
import { Collector } from "./Collector.ts";

/** A ledger and what fills it. */
export interface Opened extends Disposable {
  readonly ledger: Ledger;
  readonly collector: Collector;
}

/** Opens the ledger at a path with a collector for this user's assistants. Throws what Ledger throws. */
export function openLedger(path: string, env: Environment, home: string, now: () => number, busyMs?: number): Opened {
  const { hostname } = process.getBuiltinModule("node:os");
  const ledger = new Ledger(path, hostname(), busyMs);
  const collector = new Collector(ledger, sources, { env, home, now });
  return { ledger, collector, [Symbol.dispose]: () => ledger[Symbol.dispose]() };
}
