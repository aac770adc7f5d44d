import { Ledger } from "../ledger/Ledger.ts";
import { sources } from "../sources/all.ts";
import type { Source } from "../sources/contract.ts";
import type { Environment } from "../utils/config.ts";
import { Collector } from "./Collector.ts";

/** A ledger and what fills it. */
export interface Opened extends Disposable {
  readonly ledger: Ledger;
  readonly collector: Collector;
}

/** Opens the ledger at a path with a collector for this user's assistants, or for some of them. Throws what Ledger throws. */
export function openLedger(
  path: string,
  env: Environment,
  home: string,
  now: () => number,
  busyMs?: number,
  assistants: readonly Source[] = sources,
): Opened {
  const { hostname } = process.getBuiltinModule("node:os");
  const ledger = new Ledger(path, hostname(), busyMs);
  const collector = new Collector(ledger, assistants, { env, home, now });
  return { ledger, collector, [Symbol.dispose]: () => ledger[Symbol.dispose]() };
}
