import type { Database, Statement } from "bun:sqlite";

/**
 * There are millions of buckets since 1970, so that a bucket times this number is a safe integer until the year 2089.
 */
const MAX_DIMENSION_SETS = 2 ** 31;

type BucketChange = { readonly key: readonly (string | number)[]; readonly sums: number[] };

/**
 * Sums by bucket, collected during a transaction and written at its end. When a fact changes, its old values are
 * subtracted and its new ones added, so that the sums always match the facts; a bucket without facts is removed.
 */
export class RollUp {
  readonly #changes = new Map<string | number, BucketChange>();
  readonly #add: Statement<unknown, (string | number)[]>;
  readonly #removeEmpty: Statement<unknown, (string | number)[]>;
  readonly #zeros: readonly number[];

  /**
   * `keys` are the columns of the table's primary key, of which the first two are bucket and dimension set; the first
   * of `sums` counts the facts.
   */
  constructor(database: Database, table: string, keys: readonly string[], sums: readonly string[]) {
    const places = [...keys, ...sums].map(() => "?").join(", ");
    const updates = sums.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
    this.#add = database.prepare(
      `INSERT INTO ${table} (${[...keys, ...sums].join(", ")}) VALUES (${places})
       ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${updates}`,
    );
    const same = keys.map((name) => `${name} = ?`).join(" AND ");
    this.#removeEmpty = database.prepare(`DELETE FROM ${table} WHERE ${same} AND ${sums[0]} = 0`);
    this.#zeros = sums.map(() => 0);
  }

  /** The pending changes of a bucket's sums, all 0 at first. */
  at(bucket: number, dimensionId: number, ...names: string[]): number[] {
    // A number where possible: this runs for every response of a first scan.
    const number = bucket * MAX_DIMENSION_SETS + dimensionId;
    const isNumber = names.length === 0 && Number.isSafeInteger(number);
    const id = isNumber ? number : `${bucket} ${dimensionId} ${names.join("\x1f")}`;
    let change = this.#changes.get(id);
    if (!change) this.#changes.set(id, (change = { key: [bucket, dimensionId, ...names], sums: this.#zeros.slice() }));
    return change.sums;
  }

  /** Writes the pending changes and returns the buckets that changed. */
  flush(): number[] {
    const changed = new Set<number>();
    for (const { key, sums } of this.#changes.values()) {
      if (sums.every((sum) => sum === 0)) continue;
      changed.add(Number(key[0]));
      this.#add.run(...key, ...sums);
      if ((sums[0] ?? 0) < 0) this.#removeEmpty.run(...key);
    }
    this.#changes.clear();
    return [...changed];
  }

  forget(): void {
    this.#changes.clear();
  }
}
