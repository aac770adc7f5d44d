import { BUCKET_MS } from "../rows.ts";
import type { Database, Statement } from "bun:sqlite";
import {
  addSql,
  columnsOf,
  type ColumnValue,
  DIMENSION_ID,
  equalSql,
  factCountOf,
  measuresOf,
} from "../tables/table.ts";
import type { RollUpTable, LedgerTable } from "../tables/table.ts";

/**
 * There are millions of buckets since 1970, so that a bucket times this number is a safe integer until the year 2089.
 */
const MAX_DIMENSION_SETS = 2 ** 31;

/** How the sums of one bucket, dimension set and perhaps name changed. */
export interface BucketChange {
  readonly bucket: number;
  readonly dimensionId: number;
  readonly names: readonly ColumnValue[];
  /** How the number of facts changed. */
  facts: number;
  /** In the order of the table's measures. */
  readonly sums: number[];
}

/** A measure, and the index of its column in the rows of the facts. */
interface IndexedMeasure {
  readonly at: number;
  readonly of: ((cell: ColumnValue) => number) | undefined;
}

/**
 * Sums by bucket, collected during a transaction and written at its end. When a fact changes, its old values are
 * subtracted and its new ones added, so that the sums always match the facts; a bucket without facts is removed.
 */
export class RollUp {
  readonly #changes = new Map<string | number, BucketChange>();
  readonly #add: Statement<unknown, ColumnValue[]>;
  readonly #removeEmpty: Statement<unknown, ColumnValue[]>;
  readonly #zeros: readonly number[];
  /** Indexes of columns in the rows of the facts. */
  readonly #at: number;
  readonly #dimensionId: number;
  readonly #names: readonly number[];
  readonly #measures: readonly IndexedMeasure[];

  /** Sums the facts of a table in another one, whose key begins with bucket and dimension set. */
  constructor(database: Database, table: RollUpTable, facts: LedgerTable) {
    const measures = measuresOf(table);
    const columns = columnsOf(facts);
    const indexOf = (column: string): number => columns.indexOf(column);
    this.#at = indexOf("at");
    this.#dimensionId = indexOf(DIMENSION_ID);
    this.#names = table.key.filter((column) => column !== "bucket" && column !== DIMENSION_ID).map(indexOf);
    this.#measures = Object.values(table.measures).map(({ column, of }) =>
      column === null ? { at: 0, of: () => 1 } : { at: indexOf(column), of },
    );
    this.#zeros = measures.map(() => 0);
    const values = [...table.key, ...measures].map(() => "?").join(", ");
    this.#add = database.prepare(addSql(table, `VALUES (${values})`));
    this.#removeEmpty = database.prepare(
      `DELETE FROM ${table.name} WHERE ${equalSql(table.key)} AND ${factCountOf(table)} = 0`,
    );
  }

  /** Adds a row of the facts to the pending changes, or subtracts it. */
  add(cells: readonly ColumnValue[], sign: 1 | -1): void {
    const bucket = Math.floor((cells[this.#at] as number) / BUCKET_MS);
    const change = this.#changeOf(bucket, cells[this.#dimensionId] as number, cells);
    const { sums } = change;
    change.facts += sign;
    for (let index = 0; index < sums.length; index++) {
      const { at, of } = this.#measures[index] as IndexedMeasure;
      const cell = cells[at] as number;
      sums[index] = (sums[index] as number) + sign * (of === undefined ? cell : of(cell));
    }
  }

  /** The pending changes of a bucket's sums, all 0 at first. */
  #changeOf(bucket: number, dimensionId: number, cells: readonly ColumnValue[]): BucketChange {
    // A number where possible: this runs for every response of a first scan.
    const number = bucket * MAX_DIMENSION_SETS + dimensionId;
    const hasNames = this.#names.length > 0;
    const names = hasNames ? this.#names.map((at) => cells[at] ?? null) : [];
    const id = hasNames || !Number.isSafeInteger(number) ? `${bucket} ${dimensionId} ${names.join("\x1f")}` : number;
    let change = this.#changes.get(id);
    if (!change) this.#changes.set(id, (change = { bucket, dimensionId, names, facts: 0, sums: this.#zeros.slice() }));
    return change;
  }

  /** Writes the pending changes and returns them. */
  flush(): BucketChange[] {
    const changes = [...this.#changes.values()].filter(({ sums }) => sums.some((sum) => sum !== 0));
    for (const { bucket, dimensionId, names, facts, sums } of changes) {
      this.#add.run(bucket, dimensionId, ...names, ...sums);
      if (facts < 0) this.#removeEmpty.run(bucket, dimensionId, ...names);
    }
    this.#changes.clear();
    return changes;
  }

  forget(): void {
    this.#changes.clear();
  }
}
