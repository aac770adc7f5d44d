import type { Database } from "bun:sqlite";
import { SUM_COLUMNS, SUMS_INSIDE } from "../sql/usage.ts";

/** Quarter hours of a day. */
export const BUCKETS_A_DAY = 96;

/** By what the sums of a day are told apart. */
const KEYS = "machine, source, model, speed, tier, region, context, is_priced";

/** Sums up one local day anew. By slice first: few rows are left then to be looked at. */
const FILL = `INSERT INTO usage_day (ahead, day, ${KEYS}, ${SUM_COLUMNS.join(", ")})
  SELECT ?1, ?2, ${KEYS}, ${SUMS_INSIDE}
  FROM (SELECT slice, ${SUMS_INSIDE} FROM usage_quarter
    WHERE quarter >= ?2 * ${BUCKETS_A_DAY} - ?1 AND quarter < (?2 + 1) * ${BUCKETS_A_DAY} - ?1 GROUP BY slice)
  JOIN slice ON slice.id = slice GROUP BY ${KEYS}`;

/** The local day, since 1970-01-01, of column `quarter`; the number of quarter hours that local time is ahead is given twice. */
export const DAY_OF_BUCKET = `(quarter + ?) / ${BUCKETS_A_DAY} - ((quarter + ?) % ${BUCKETS_A_DAY} < 0)`;

/**
 * Sums of whole local days, without what tells sessions and places apart: a report over them takes the same time however much
 * was done. Days begin when the zone says, so they are kept for each offset that was asked for: the quarter
 * hours that local time is ahead of UTC.
 */
export class Days {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The offsets whose days are kept. */
  get kept(): Set<number> {
    const rows = this.#database.query<{ ahead: number }, []>("SELECT ahead FROM day_offset").all();
    return new Set(rows.map(({ ahead }) => ahead));
  }

  /** Keeps the days of an offset from now on. Only within a transaction. */
  keep(ahead: number): void {
    const { changes } = this.#database.query("INSERT OR IGNORE INTO day_offset VALUES (?)").run(ahead);
    if (changes > 0) this.#sum(ahead, this.#quarters());
  }

  /** Sums up again the days in which usage of some quarter hours changed. Only within its transaction, after all else. */
  update(changed: readonly number[]): void {
    for (const ahead of this.kept) this.#sum(ahead, changed);
  }

  #quarters(): number[] {
    const rows = this.#database.query<unknown, []>("SELECT DISTINCT quarter FROM usage_quarter").values() as [number][];
    return rows.map(([quarter]) => quarter);
  }

  #sum(ahead: number, changed: readonly number[]): void {
    const clear = this.#database.query<unknown, [number, number]>("DELETE FROM usage_day WHERE ahead = ? AND day = ?");
    const fill = this.#database.query<unknown, [number, number]>(FILL);
    for (const day of new Set(changed.map((quarter) => Math.floor((quarter + ahead) / BUCKETS_A_DAY)))) {
      clear.run(ahead, day);
      fill.run(ahead, day);
    }
  }
}
