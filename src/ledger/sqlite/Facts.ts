import type { Database, Statement } from "bun:sqlite";
import type { Kind } from "../../model/observation.ts";
import { areSame, type FactRow } from "../fold/prepare.ts";
import { action, factTables, response } from "../tables/facts.ts";
import { actionBucket, usageBucket } from "../tables/sums.ts";
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
  readonly #stores: Readonly<Record<Kind, FactStore>>;

  constructor(database: Database, days: Days) {
    this.#dimensions = new Dimensions(database);
    this.#days = days;
    this.#usage = new RollUp(database, usageBucket, response);
    this.#actions = new RollUp(database, actionBucket, action);
    const storeOf = (table: LedgerTable, rollUp: RollUp | null = null): FactStore => {
      const columns = columnsOf(table);
      return {
        insert: database.prepare(insertSql(table, columns)),
        find: database.prepare(`SELECT ${columnList(columns)} FROM ${table.name} WHERE key = ?`),
        remove: database.prepare(`DELETE FROM ${table.name} WHERE key = ?`),
        dimensionAt: columns.indexOf(DIMENSION_ID),
        rollUp,
      };
    };
    const responses = storeOf(response, this.#usage);
    this.#stores = {
      response: responses,
      rest: responses,
      total: responses,
      "running-total": responses,
      action: storeOf(action, this.#actions),
      session: storeOf(factTables.session),
      "cost-state": storeOf(factTables["cost-state"]),
      limit: storeOf(factTables.limit),
      day: storeOf(factTables.day),
      worktree: storeOf(factTables.worktree),
    };
  }

  /** Inserts the facts of a key; returns false if the key has facts already, which then stay. */
  put(kind: Kind, rows: readonly FactRow[]): boolean {
    const { insert, rollUp, dimensionAt } = this.#stores[kind];
    for (const { cells, dimensions } of rows) {
      if (dimensions) cells[dimensionAt] = this.#dimensions.idOf(dimensions);
      if (insert.run(...cells).changes === 0) return false;
      rollUp?.add(cells, 1);
    }
    return true;
  }

  /** Replaces the facts of a key. Another line about the same key seldom changes them. */
  replace(kind: Kind, key: string, rows: readonly FactRow[]): void {
    const { find, remove, rollUp, dimensionAt } = this.#stores[kind];
    const known = find.values(key) as ColumnValue[][];
    for (const { cells, dimensions } of rows) if (dimensions) cells[dimensionAt] = this.#dimensions.idOf(dimensions);
    if (known.length === rows.length && rows.every(({ cells }, at) => areSame(cells, known[at] ?? []))) return;
    remove.run(key);
    for (const row of known) rollUp?.add(row, -1);
    this.put(kind, rows);
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
