import { ledgerError, openDatabase } from "./database.ts";
import { NEVER } from "../fold/origins.ts";
import type { OldLedger } from "./OldLedger.ts";
import { isTime } from "../../utils/json.ts";
import { digestOf } from "../fold/prepare.ts";
import { journal, observerOf } from "../tables/journal.ts";
import { columnsOf, type ColumnValue, insertSql, rowOf } from "../tables/table.ts";
import { addMachine, identify, readerName, setMeta } from "./identity.ts";

/** Rows written per transaction. */
const ROWS_PER_TRANSACTION = 50_000;

/**
 * Creates a ledger whose journal is the readable part of an old one's, with the same machine id; facts and sums are not
 * built yet. Returns the number of observations. Throws disk_full, write_failed.
 */
export function refill(path: string, old: OldLedger, host: () => string): number {
  const database = openDatabase(path);
  const machines = new Map<string, { rows: number; oldest: number; readonly readers: Map<string, number> }>();
  try {
    // A copy lost to a power failure is made again.
    database.run("PRAGMA synchronous=OFF");
    const columns = columnsOf(journal, "seq");
    const cellsOf = rowOf(journal, "seq");
    const put = database.prepare<unknown, ColumnValue[]>(insertSql(journal, columns));
    const again = database.prepare<unknown, [reader: number, key: string, digest: number, observer: number]>(
      "UPDATE journal SET reader = ?1 WHERE key = ?2 AND digest = ?3 AND observer = ?4 AND reader < ?1",
    );
    const account = database.prepare<unknown, [string, string, string, number]>(
      "INSERT OR REPLACE INTO session_origin (assistant, id, account, at, directory, has_moved) VALUES (?, ?, ?, ?, '', 0)",
    );
    let kept = 0;
    for (const found of old.journal()) {
      if (!database.inTransaction) database.run("BEGIN IMMEDIATE");
      // Digests from before journals had a sequence are replaced.
      const observer = observerOf(found.machine, found.source);
      const row = { ...found, digest: digestOf(found.body), observer };
      const { key, machine, source, digest, reader, time } = row;
      let known = machines.get(machine);
      if (!known) machines.set(machine, (known = { rows: 0, oldest: Infinity, readers: new Map() }));
      if (time > 0 && isTime(time)) known.oldest = Math.min(known.oldest, time);
      known.readers.set(source, Math.max(known.readers.get(source) ?? 0, reader));
      if (put.run(...cellsOf(row)).changes === 0) {
        // A damaged ledger may contain a row twice, first as it was before a newer reader observed it too.
        again.run(reader, key, digest, observer);
        continue;
      }
      known.rows++;
      if (++kept % ROWS_PER_TRANSACTION === 0) database.run("COMMIT");
    }
    if (database.inTransaction) database.run("COMMIT");
    database.run("BEGIN IMMEDIATE");
    for (const one of old.machines()) addMachine(database, one);
    for (const one of old.accounts()) account.run(...one, NEVER);
    // If the machine's id is lost: most rows of a ledger come from its own machine.
    const [most] = [...machines].toSorted(([, a], [, b]) => b.rows - a.rows);
    const own = old.machine ?? most?.[0];
    for (const [machine, { readers, oldest }] of machines) {
      // If its name and birth are lost.
      if (machine !== own) addMachine(database, { id: machine, name: machine, born: oldest });
      for (const [source, reader] of readers) {
        setMeta(database, readerName(own ?? "", machine, source), String(reader));
      }
    }
    database.run("COMMIT");
    if (own !== undefined)
      identify(database, host, { id: own, born: old.born ?? machines.get(own)?.oldest ?? Infinity });
    return kept;
  } catch (error) {
    throw ledgerError(path, error);
  } finally {
    database.close();
  }
}
