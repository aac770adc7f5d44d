import { actionBucket, dayOffset, usageBucket, usageDay } from "./sums.ts";
import { dimensionSet, factTables } from "./facts.ts";
import { file, hubCursor, journal, machine, meta, sessionOrigin, skipped } from "./journal.ts";
import { createSql, type LedgerTable } from "./table.ts";

/** Everything that follows from the journal. */
export const derivedTables: readonly LedgerTable[] = [
  ...new Set<LedgerTable>(Object.values(factTables)),
  usageBucket,
  actionBucket,
  usageDay,
  dimensionSet,
];

/**
 * All tables. A new ledger is created from these descriptions; an existing one is changed to them by
 * sqlite/migrations, and a test compares the two schemas.
 */
export const tables: readonly LedgerTable[] = [
  meta,
  machine,
  journal,
  ...derivedTables,
  dayOffset,
  sessionOrigin,
  file,
  skipped,
  hubCursor,
];

/** The SQL that creates all tables of a new ledger. */
export const schemaSql = (): string => tables.map(createSql).join("\n");
