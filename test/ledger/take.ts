import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { Told } from "./sample.ts";

/** Takes some observations into a ledger, in one transaction for each version of a source's reader. */
export function take(ledger: Ledger, told: readonly Told[]): void {
  for (const some of Map.groupBy(told, (one) => `${one.source} ${one.reader}`).values()) {
    const { source, reader } = some[0] as Told;
    const entries = prepare(
      ledger.machine,
      source,
      some.map(({ observation }) => observation),
      reader,
    );
    ledger.ingest({ source, entries, skipped: [], restarted: [], files: [] });
  }
}
