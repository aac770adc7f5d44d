import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { LedgerMachine } from "../../src/ledger/sqlite/identity.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { SourceObservation } from "./sample.ts";

/** Ingests observations of the ledger's own machine or another one, in one transaction per source and reader version. */
export function ingest(ledger: Ledger, observations: readonly SourceObservation[], machine?: LedgerMachine): void {
  for (const some of Map.groupBy(observations, (one) => `${one.source} ${one.reader}`).values()) {
    const { source, reader } = some[0] as SourceObservation;
    const entries = prepare(
      machine?.id ?? ledger.machine,
      source,
      some.map(({ observation }) => observation),
      reader,
    );
    ledger.ingest({ ...(machine && { machine }), source, entries, skipped: [], restarted: [], files: [] });
  }
}
