import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { SqliteQueries } from "../../src/ledger/sqlite/SqliteQueries.ts";

/** The queries of a ledger with the answers of its engine, which come at once. */
export const queriesOf = (ledger: Ledger): SqliteQueries => ledger.queries as SqliteQueries;
