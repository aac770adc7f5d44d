import type { Database, Statement } from "bun:sqlite";

/** Milliseconds of a bucket: a quarter of an hour, because there are zones whose days begin at :30 and :45. */
export const BUCKET_MS = 900_000;

/** Quarter hours since 1970 are millions, so that their product with this still is a safe integer until the year 2089. */
const MOST_SLICES = 2 ** 31;

type Change = { readonly key: readonly (string | number)[]; readonly sums: number[] };

/**
 * Sums by bucket, gathered during a transaction and written at its end. A fact that changes is subtracted as it was and
 * added as it is, so that the sums are always those of the facts; a bucket without facts is removed.
 */
export class RollUp {
  readonly #changes = new Map<string | number, Change>();
  readonly #add: Statement<unknown, (string | number)[]>;
  readonly #sweep: Statement<unknown, (string | number)[]>;
  readonly #none: readonly number[];

  /** `keys` are the columns of the table's primary key, the first two quarter and slice; of `sums` the first counts the facts. */
  constructor(database: Database, table: string, keys: readonly string[], sums: readonly string[]) {
    const places = [...keys, ...sums].map(() => "?").join(", ");
    const updates = sums.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
    this.#add = database.prepare(
      `INSERT INTO ${table} (${[...keys, ...sums].join(", ")}) VALUES (${places})
       ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${updates}`,
    );
    const same = keys.map((name) => `${name} = ?`).join(" AND ");
    this.#sweep = database.prepare(`DELETE FROM ${table} WHERE ${same} AND ${sums[0]} = 0`);
    this.#none = sums.map(() => 0);
  }

  /** The sums that are to be changed for a bucket, all 0 at first. */
  at(quarter: number, slice: number, ...names: string[]): number[] {
    // A number where it can be one: this is done for every response of a first scan.
    const number = quarter * MOST_SLICES + slice;
    const isNumber = names.length === 0 && Number.isSafeInteger(number);
    const id = isNumber ? number : `${quarter} ${slice} ${names.join("\x1f")}`;
    let change = this.#changes.get(id);
    if (!change) this.#changes.set(id, (change = { key: [quarter, slice, ...names], sums: this.#none.slice() }));
    return change.sums;
  }

  /** Writes what was gathered, in the order of the key, and tells the quarter hours in which something changed. */
  flush(): number[] {
    const changed = new Set<number>();
    for (const { key, sums } of this.#changes.values()) {
      if (sums.every((sum) => sum === 0)) continue;
      changed.add(Number(key[0]));
      this.#add.run(...key, ...sums);
      if ((sums[0] ?? 0) < 0) this.#sweep.run(...key);
    }
    this.#changes.clear();
    return [...changed];
  }

  forget(): void {
    this.#changes.clear();
  }
}
