import type { Database, Statement } from "bun:sqlite";

/** Milliseconds of a bucket: a quarter of an hour, because there are zones whose days begin at :30 and :45. */
export const QUARTER_MS = 900_000;

type Key = readonly (string | number)[];

/**
 * Sums by bucket, gathered during a transaction and written at its end. A fact that changes is subtracted as it was and
 * added as it is, so that the sums are always those of the facts; a bucket without facts is removed.
 */
export class RollUp {
  readonly #changes = new Map<string, { readonly key: Key; readonly sums: number[] }>();
  readonly #add: Statement<unknown, (string | number)[]>;
  readonly #sweep: Statement<unknown, (string | number)[]>;

  /** `keys` are the columns of the table's primary key; of `sums` the first counts the facts. */
  constructor(database: Database, table: string, keys: readonly string[], sums: readonly string[]) {
    const places = [...keys, ...sums].map(() => "?").join(", ");
    const updates = sums.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
    this.#add = database.prepare(
      `INSERT INTO ${table} (${[...keys, ...sums].join(", ")}) VALUES (${places})
       ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${updates}`,
    );
    const same = keys.map((name) => `${name} = ?`).join(" AND ");
    this.#sweep = database.prepare(`DELETE FROM ${table} WHERE ${same} AND ${sums[0]} = 0`);
  }

  change(key: Key, sums: readonly number[], sign: 1 | -1): void {
    const text = key.join("\x1f");
    const known = this.#changes.get(text);
    if (!known) this.#changes.set(text, { key, sums: sums.map((sum) => sign * sum) });
    else for (const [index, sum] of sums.entries()) known.sums[index] = (known.sums[index] ?? 0) + sign * sum;
  }

  /** Writes what was gathered, in the order of the key. */
  flush(): void {
    for (const { key, sums } of this.#changes.values()) {
      if (sums.every((sum) => sum === 0)) continue;
      this.#add.run(...key, ...sums);
      if ((sums[0] ?? 0) < 0) this.#sweep.run(...key);
    }
    this.#changes.clear();
  }

  forget(): void {
    this.#changes.clear();
  }
}
