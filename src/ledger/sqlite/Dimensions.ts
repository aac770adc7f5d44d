import type { Database, Statement } from "bun:sqlite";
import { dimensionSet } from "../tables/facts.ts";
import { columnsOf, type ColumnValue, equalSql, insertSql } from "../tables/table.ts";

/** Ids remembered by the text of their dimension set; then all are forgotten, and found in the database again. */
const MAX_KNOWN = 50_000;

/** Gives each dimension set its id. */
export class Dimensions {
  readonly #idsByText = new Map<string, number>();
  /** By identity of the array, because consecutive actions of a session share one. */
  #idsByArray = new WeakMap<readonly ColumnValue[], number>();
  readonly #add: Statement<unknown, ColumnValue[]>;
  readonly #find: Statement<{ id: number }, ColumnValue[]>;

  constructor(database: Database) {
    const columns = columnsOf(dimensionSet, "id");
    this.#add = database.prepare(insertSql(dimensionSet, columns));
    this.#find = database.prepare(`SELECT id FROM ${dimensionSet.name} WHERE ${equalSql(columns)}`);
  }

  /** Returns the id of a dimension set and creates it if it is new. Call only within a transaction. */
  idOf(dimensions: readonly ColumnValue[]): number {
    const known = this.#idsByArray.get(dimensions);
    if (known !== undefined) return known;
    const text = dimensions.join("\x1f");
    const id =
      this.#idsByText.get(text) ??
      this.#find.get(...dimensions)?.id ??
      Number(this.#add.run(...dimensions).lastInsertRowid);
    if (this.#idsByText.size >= MAX_KNOWN) this.#idsByText.clear();
    this.#idsByText.set(text, id);
    this.#idsByArray.set(dimensions, id);
    return id;
  }

  /** Forgets the ids of a transaction that was rolled back. */
  forget(): void {
    this.#idsByText.clear();
    this.#idsByArray = new WeakMap();
  }
}
