import type { Database } from "bun:sqlite";
import { SUM_COLUMNS, SUMS_BY_COLUMN } from "../sql/usage.ts";

/** Buckets per day. */
export const BUCKETS_PER_DAY = 96;

/** The columns by which the sums of a day are grouped. */
const KEYS = "machine, source, model, speed, tier, region, context, is_priced";

/** Sums one local day again. Grouped by dimension set first, which leaves few rows for the join. */
const FILL = `INSERT INTO usage_day (ahead, day, ${KEYS}, ${SUM_COLUMNS.join(", ")})
  SELECT ?1, ?2, ${KEYS}, ${SUMS_BY_COLUMN}
  FROM (SELECT slice, ${SUMS_BY_COLUMN} FROM usage_quarter
    WHERE quarter >= ?2 * ${BUCKETS_PER_DAY} - ?1 AND quarter < (?2 + 1) * ${BUCKETS_PER_DAY} - ?1 GROUP BY slice)
  JOIN slice ON slice.id = slice GROUP BY ${KEYS}`;

/**
 * The local day since 1970-01-01 of column `quarter`; its two values are both the number of buckets that local time is
 * ahead.
 */
export const DAY_OF_BUCKET = `(quarter + ?) / ${BUCKETS_PER_DAY} - ((quarter + ?) % ${BUCKETS_PER_DAY} < 0)`;

/**
 * Sums of whole local days, without sessions and places, so that the time of a report does not grow with the history.
 * The time zone decides when a day begins, so days are kept per requested offset: the number of buckets that local time
 * is ahead of UTC.
 */
export class Days {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The offsets whose days are kept. */
  keptOffsets(): Set<number> {
    const rows = this.#database.query<{ ahead: number }, []>("SELECT ahead FROM day_offset").all();
    return new Set(rows.map(({ ahead }) => ahead));
  }

  /** Keeps the days of an offset from now on. Call only within a transaction. */
  keepOffset(ahead: number): void {
    const { changes } = this.#database.query("INSERT OR IGNORE INTO day_offset VALUES (?)").run(ahead);
    if (changes > 0) this.#sumDays(ahead, this.#buckets());
  }

  /**
   * Sums the days again in which usage of some buckets changed. Call only within that transaction, after everything
   * else.
   */
  update(changed: readonly number[]): void {
    for (const ahead of this.keptOffsets()) this.#sumDays(ahead, changed);
  }

  #buckets(): number[] {
    const rows = this.#database.query<unknown, []>("SELECT DISTINCT quarter FROM usage_quarter").values() as [number][];
    return rows.map(([bucket]) => bucket);
  }

  #sumDays(ahead: number, changed: readonly number[]): void {
    const clear = this.#database.query<unknown, [number, number]>("DELETE FROM usage_day WHERE ahead = ? AND day = ?");
    const fill = this.#database.query<unknown, [number, number]>(FILL);
    for (const day of new Set(changed.map((bucket) => Math.floor((bucket + ahead) / BUCKETS_PER_DAY)))) {
      clear.run(ahead, day);
      fill.run(ahead, day);
    }
  }
}
