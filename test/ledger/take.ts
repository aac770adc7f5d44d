import type { Ledger } from "../../src/ledger/Ledger.ts";
import { prepare } from "../../src/ledger/prepare.ts";
import type { Told } from "./sample.ts";

/** Takes some observations into a ledger, in one transaction for each source. */
export function take(ledger: Ledger, told: readonly Told[]): void {
  for (const [source, some] of Map.groupBy(told, (one) => one.source)) {
    const entries = prepare(
      ledger.machine,
      source,
      some.map(({ observation }) => observation),
    );
    ledger.ingest({ source, entries, skipped: [], restarted: [], files: [] });
  }
}
