import { constants, Database } from "bun:sqlite";
import { lstatSync } from "node:fs";
import { resolveDirectoryLinks } from "../../utils/files.ts";
import { refuseForeign } from "../../utils/ownership.ts";
import { tables } from "../tables/schema.ts";
import { ledgerError, refuseUnknown } from "./database.ts";
import { BUCKET_MS } from "../rows.ts";

/** What a ledger holds, without opening it as one: nothing is migrated or created. */
export interface LedgerSummary {
  readonly responses: number;
  /** Starts of the buckets with usage, epoch milliseconds, ascending. */
  readonly times: readonly number[];
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Summarizes the ledger at a path; null if there is none. Throws file_refused, ledger_newer, busy and what ledgerError makes of other errors. */
export function ledgerSummary(path: string): LedgerSummary | null {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  return read(path, (database) => {
    const buckets = database
      .query<{ bucket: number; responses: number }, []>(
        "SELECT bucket, SUM(responses) AS responses FROM usage_bucket GROUP BY bucket ORDER BY bucket",
      )
      .all();
    const count = (name: string): number =>
      database.query<{ rows: number }, []>(`SELECT COUNT(*) AS rows FROM ${name}`).get()?.rows ?? 0;
    return {
      responses: buckets.reduce((sum, { responses }) => sum + responses, 0),
      times: buckets.map(({ bucket }) => bucket * BUCKET_MS),
      rows: Object.fromEntries(tables.map(({ name }) => [name, count(name)])),
    };
  });
}

/** Throws file_refused or ledger_newer unless a file is a ledger that this version can open or migrate. */
export const refuseOtherThanLedger = (path: string): void => read(path, () => undefined);

function read<T>(path: string, run: (database: Database) => T): T {
  refuseForeign(path, lstatSync(path));
  try {
    // Opened for writing, so that closing it leaves no write-ahead log behind.
    using database = new Database(
      resolveDirectoryLinks(path),
      constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW,
    );
    database.run("PRAGMA busy_timeout=2000");
    return database.transaction((): T => {
      refuseUnknown(database, path);
      return run(database);
    })();
  } catch (error) {
    throw ledgerError(path, error);
  }
}
