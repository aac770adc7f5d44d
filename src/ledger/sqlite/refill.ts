import { BUSY_MS, ledgerError, openDatabase } from "./database.ts";
import { NEVER } from "./Origins.ts";
import type { OldLedger } from "./OldLedger.ts";
import { isTime } from "../../utils/json.ts";
import { digestOf } from "../fold/prepare.ts";
import { journal } from "../tables/journal.ts";
import { columnsOf, type ColumnValue, insertSql, rowOf } from "../tables/table.ts";
import { addMachine, identify } from "./identity.ts";

/** Rows written per transaction. */
const ROWS_PER_TRANSACTION = 50_000;

/**
 * Creates a ledger whose journal is the readable part of an old one's, with the same machine id; facts and sums are not
 * built yet. Returns the number of observations. Throws disk_full, write_failed.
 */
export function refill(path: string, old: OldLedger, host: () => string): number {
  const database = openDatabase(path, BUSY_MS);
  const rowsOf = new Map<string, number>();
  try {
    // A copy lost to a power failure is made again.
    database.run("PRAGMA synchronous=OFF");
    const columns = columnsOf(journal, "seq");
    const cellsOf = rowOf(columns);
    const put = database.prepare<unknown, ColumnValue[]>(insertSql(journal, columns));
    const again = database.prepare<unknown, [number, string, string, string, number]>(
      "UPDATE journal SET reader = ?1 WHERE key = ?2 AND machine = ?3 AND source = ?4 AND digest = ?5 AND reader < ?1",
    );
    const account = database.prepare<unknown, [string, string, string, number]>(
      "INSERT OR REPLACE INTO session_origin (assistant, id, account, at, directory, has_moved) VALUES (?, ?, ?, ?, '', 0)",
    );
    const newest = new Map<string, number>();
    let kept = 0;
    let oldest = Infinity;
    for (const found of old.journal()) {
      if (!database.inTransaction) database.run("BEGIN IMMEDIATE");
      // Digests from before journals had a sequence are replaced.
      const row = { ...found, digest: digestOf(found.body) };
      const { key, machine, source, digest, reader, time } = row;
      if (time > 0 && isTime(time)) oldest = Math.min(oldest, time);
      newest.set(source, Math.max(newest.get(source) ?? 0, reader));
      if (put.run(...cellsOf(row)).changes === 0) {
        // A damaged ledger may contain a row twice, first as it was before a newer reader observed it too.
        again.run(reader, key, machine, source, digest);
        continue;
      }
      rowsOf.set(machine, (rowsOf.get(machine) ?? 0) + 1);
      if (++kept % ROWS_PER_TRANSACTION === 0) database.run("COMMIT");
    }
    if (database.inTransaction) database.run("COMMIT");
    database.run("BEGIN IMMEDIATE");
    for (const one of old.machines()) addMachine(database, one);
    for (const one of old.accounts()) account.run(...one, NEVER);
    for (const [source, reader] of newest)
      database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [`reader:${source}`, String(reader)]);
    database.run("COMMIT");
    // If the machine's id is lost: most rows of a ledger come from its own machine.
    const [most] = [...rowsOf].toSorted(([, a], [, b]) => b - a);
    const machine = old.machine ?? most?.[0];
    if (machine !== undefined) identify(database, host, { id: machine, born: old.born ?? oldest });
    return kept;
  } catch (error) {
    throw ledgerError(path, error);
  } finally {
    database.close();
  }
}
