import type { Database } from "bun:sqlite";
import { machine, meta } from "../tables/journal.ts";
import { columnList, columnsOf, type ColumnValue, insertSql, rowOf } from "../tables/table.ts";

/** A machine with a ledger. */
export interface LedgerMachine {
  readonly id: string;
  /** Its name for people. */
  readonly name: string;
  /**
   * Epoch milliseconds of the creation of its first ledger, or of the oldest observation in a ledger from before that
   * was stored; Infinity if it has none.
   */
  readonly born: number;
}

/** A value that the ledger keeps by name; null if it has none. */
export const metaOf = (database: Database, name: string): string | null =>
  database.query<{ value: string }, [string]>("SELECT value FROM meta WHERE name = ?").get(name)?.value ?? null;

/** Stores a value by name. */
export const setMeta = (database: Database, name: string, value: string): void =>
  void database.query("INSERT OR REPLACE INTO meta VALUES (?, ?)").run(name, value);

/**
 * Returns the id of the machine that a ledger belongs to. A ledger without one gets `known`, or a new id; and an epoch,
 * which two ledgers of one machine do not share. `host` returns the machine's name for people.
 */
export function identify(
  database: Database,
  host: () => string,
  known: Partial<Pick<LedgerMachine, "id" | "born">> = {},
): string {
  const id = metaOf(database, "machine");
  if (id !== null) return id;
  return database
    .transaction(() => {
      const fresh = Bun.randomUUIDv7();
      const own = known.id ?? fresh;
      const born = Number.isFinite(known.born) ? (known.born as number) : birthOf(fresh);
      const { changes } = database.query<unknown, string[]>(insertSql(meta, columnsOf(meta))).run("machine", own);
      // Another process may have been faster.
      if (changes > 0) {
        setMeta(database, "born", String(born));
        setMeta(database, "epoch", crypto.randomUUID());
        addMachine(database, { id: own, name: host(), born });
      }
      return metaOf(database, "machine") ?? own;
    })
    .immediate();
}

const machineCells = rowOf(machine);

/** Adds a machine; one that is known stays as it is. Call only within a transaction. */
export const addMachine = (database: Database, one: LedgerMachine): void =>
  void database.query<unknown, ColumnValue[]>(insertSql(machine, columnsOf(machine))).run(...machineCells(one));

/** A machine that the ledger knows; one without a name or a birth if it does not. */
export const machineOf = (database: Database, id: string): LedgerMachine =>
  database
    .query<LedgerMachine, [string]>(`SELECT ${columnList(columnsOf(machine))} FROM machine WHERE id = ?`)
    .get(id) ?? { id, name: "", born: Infinity };

/**
 * The name in `meta` of the newest version of a source's reader that a machine used. Machines do not correct each other,
 * so each has a name of its own.
 */
export const readerName = (own: string, machineId: string, source: string): string =>
  machineId === own ? `reader:${source}` : `reader:${source}:${machineId}`;

/** The epoch milliseconds at which a UUIDv7 was made, which are its first 48 bits. */
const birthOf = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
