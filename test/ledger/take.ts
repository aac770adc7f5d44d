import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { SourceObservation } from "./sample.ts";

/** Ingests observations, in one transaction per source and reader version. */
export function ingest(ledger: Ledger, observations: readonly SourceObservation[]): void {
  for (const some of Map.groupBy(observations, (one) => `${one.source} ${one.reader}`).values()) {
    const { source, reader } = some[0] as SourceObservation;
    const entries = prepare(
      ledger.machine,
      source,
      some.map(({ observation }) => observation),
      reader,
    );
    ledger.ingest({ source, entries, skipped: [], restarted: [], files: [] });
  }
}
