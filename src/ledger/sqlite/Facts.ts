import type { Database, Statement } from "bun:sqlite";
import type { Kind } from "../../model/observation.ts";
import { areSame, type FactRow } from "../fold/prepare.ts";
import { action, dimensionSet, factTables, response } from "../tables/facts.ts";
import { actionBucket, usageBucket, usageDay } from "../tables/sums.ts";
import { columnList, columnsOf, type ColumnValue, DIMENSION_ID, insertSql, type LedgerTable } from "../tables/table.ts";
import type { Days } from "./Days.ts";
import { Dimensions } from "./Dimensions.ts";
import { RollUp } from "./RollUp.ts";

/** The statements of a table of facts, and the sums that follow from it. */
interface FactStore {
  readonly insert: Statement<unknown, ColumnValue[]>;
  readonly find: Statement<ColumnValue[], [string]>;
  readonly remove: Statement<unknown, [string]>;
  /** Index of the dimension set's id among the columns. */
  readonly dimensionAt: number;
  readonly rollUp: RollUp | null;
}

/** Facts and their roll-ups: whatever is inserted or removed here is summed in the same transaction. */
export class Facts {
  readonly #dimensions: Dimensions;
  readonly #usage: RollUp;
  readonly #days: Days;
  readonly #actions: RollUp;
  /** Made for the kinds that are written: most processes write one or two. */
  readonly #stores: Partial<Record<Kind, FactStore>> = {};
  readonly #database: Database;

  constructor(database: Database, days: Days) {
    this.#database = database;
    this.#dimensions = new Dimensions(database);
    this.#days = days;
    this.#usage = new RollUp(database, usageBucket, response);
    this.#actions = new RollUp(database, actionBucket, action);
  }

  #storeOf(kind: Kind): FactStore {
    const known = this.#stores[kind];
    if (known) return known;
    const table: LedgerTable = factTables[kind];
    const columns = columnsOf(table);
    return (this.#stores[kind] = {
      insert: this.#database.prepare(insertSql(table, columns)),
      find: this.#database.prepare(`SELECT ${columnList(columns)} FROM ${table.name} WHERE key = ?`),
      remove: this.#database.prepare(`DELETE FROM ${table.name} WHERE key = ?`),
      dimensionAt: columns.indexOf(DIMENSION_ID),
      rollUp: table === response ? this.#usage : table === action ? this.#actions : null,
    });
  }

  /** Inserts the facts of a key; returns false if the key has facts already, which then stay. */
  put(kind: Kind, rows: readonly FactRow[]): boolean {
    const { insert, rollUp, dimensionAt } = this.#storeOf(kind);
    for (const { cells, dimensions } of rows) {
      if (dimensions) cells[dimensionAt] = this.#dimensions.idOf(dimensions);
      if (insert.run(...cells).changes === 0) return false;
      rollUp?.add(cells, 1);
    }
    return true;
  }

  /** Replaces the facts of a key. Another line about the same key seldom changes them. */
  replace(kind: Kind, key: string, rows: readonly FactRow[]): void {
    const { find, remove, rollUp, dimensionAt } = this.#storeOf(kind);
    const known = find.values(key) as ColumnValue[][];
    for (const { cells, dimensions } of rows) if (dimensions) cells[dimensionAt] = this.#dimensions.idOf(dimensions);
    if (known.length === rows.length && rows.every(({ cells }, at) => areSame(cells, known[at] ?? []))) return;
    remove.run(key);
    for (const row of known) rollUp?.add(row, -1);
    this.put(kind, rows);
  }

  /** Whether there is a fact of a key. */
  has(kind: Kind, key: string): boolean {
    return this.#storeOf(kind).find.get(key) !== null;
  }

  /** Sums the facts anew. Call only within a transaction. */
  sumAgain(): void {
    for (const { name } of [usageBucket, actionBucket, usageDay]) this.#database.run(`DELETE FROM ${name}`);
    for (const { rollUp, name, columns } of [
      { rollUp: this.#usage, name: response.name, columns: columnsOf(response) },
      { rollUp: this.#actions, name: action.name, columns: columnsOf(action) },
    ]) {
      const rows = this.#database.query(`SELECT ${columnList(columns)} FROM ${name}`).values() as ColumnValue[][];
      for (const row of rows) rollUp.add(row, 1);
    }
  }

  /** Removes dimension sets without facts: they name sessions and projects. Call only within a transaction. */
  dropUnusedDimensions(): void {
    // The sums that are still to be written name dimension sets.
    this.flush();
    const used = [response, action].map(({ name }) => `SELECT ${DIMENSION_ID} FROM ${name}`).join(" UNION ALL ");
    this.#database.run(`DELETE FROM ${dimensionSet.name} WHERE id NOT IN (${used})`);
    this.#dimensions.forget();
  }

  /** Writes the sums. Call once at the end of the transaction. */
  flush(): void {
    this.#days.update(this.#usage.flush());
    this.#actions.flush();
  }

  /** Forgets the sums of a transaction that was rolled back. */
  forget(): void {
    this.#dimensions.forget();
    this.#usage.forget();
    this.#actions.forget();
  }
}
