import type { Database } from "bun:sqlite";
import type { OffsetInterval } from "../../model/calendar.ts";
import { dimensionSet } from "../tables/facts.ts";
import { usageBucket, usageDay } from "../tables/sums.ts";
import { addSql, columnList, DIMENSION_ID, factCountOf, measuresOf } from "../tables/table.ts";
import { bucketsOf } from "./intervals.ts";
import type { BucketChange } from "./RollUp.ts";

/** Offsets whose days are kept: each is written at every commit, and whoever may read from a hub can ask for one. */
const MAX_OFFSETS = 24;
/** Buckets per day. */
export const BUCKETS_PER_DAY = 96;

/** The columns by which the sums of a day are grouped. */
const groups = (): string => columnList(usageDay.key.filter((column) => column !== "ahead" && column !== "day"));
const sums = (): string => columnList(measuresOf(usageDay), (column) => `SUM(${column}) AS ${column}`);

/** The local day since 1970-01-01 of a bucket; both values are the number of buckets that local time is ahead. */
export const DAY_OF_BUCKET = `(bucket + ?) / ${BUCKETS_PER_DAY} - ((bucket + ?) % ${BUCKETS_PER_DAY} < 0)`;

/** Sums every local day of an offset. Grouped by dimension set first, which leaves few rows for the join. */
const fillSql = (): string => `INSERT INTO ${usageDay.name} (${columnList([...usageDay.key, ...measuresOf(usageDay)])})
  SELECT ?, day, ${groups()}, ${sums()}
  FROM (SELECT ${DAY_OF_BUCKET} AS day, ${DIMENSION_ID}, ${sums()} FROM ${usageBucket.name} GROUP BY day, ${DIMENSION_ID})
  JOIN ${dimensionSet.name} ON id = ${DIMENSION_ID} GROUP BY day, ${groups()}`;

/** Adds to the sums of one local day and dimension set. WHERE is needed: after a join, ON would belong to it. */
const addToDaySql = (): string =>
  addSql(
    usageDay,
    `SELECT ?, ?, ${groups()}, ${columnList(measuresOf(usageDay), () => "?")} FROM ${dimensionSet.name} WHERE id = ?`,
  );

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

  /** The offsets of some intervals whose days are not kept yet; none if these would be too many. */
  missingOffsets(intervals: readonly OffsetInterval[]): Set<number> {
    const kept = this.keptOffsets();
    const missing = new Set(intervals.map((one) => bucketsOf(one).ahead)).difference(kept);
    return kept.size + missing.size > MAX_OFFSETS ? new Set() : missing;
  }

  /** Keeps the days of an offset from now on. Call only within a transaction. */
  keepOffset(ahead: number): void {
    const { changes } = this.#database.query("INSERT OR IGNORE INTO day_offset VALUES (?)").run(ahead);
    if (changes > 0) this.#database.query<unknown, number[]>(fillSql()).run(ahead, ahead, ahead);
  }

  /** Adds the changes of the buckets' sums to the days. Call only within that transaction, after everything else. */
  update(changes: readonly BucketChange[]): void {
    for (const ahead of this.keptOffsets()) this.#addToDays(ahead, changes);
  }

  #addToDays(ahead: number, changes: readonly BucketChange[]): void {
    const measures = measuresOf(usageDay);
    const add = this.#database.query<unknown, number[]>(addToDaySql());
    const removeEmpty = this.#database.query<unknown, [number, number]>(
      `DELETE FROM ${usageDay.name} WHERE ahead = ? AND day = ? AND ${factCountOf(usageDay)} = 0`,
    );
    const byDay = Map.groupBy(changes, ({ bucket }) => Math.floor((bucket + ahead) / BUCKETS_PER_DAY));
    for (const [day, ofDay] of byDay) {
      for (const [dimensionId, ofSet] of Map.groupBy(ofDay, (one) => one.dimensionId))
        add.run(
          ahead,
          day,
          ...measures.map((_, at) => ofSet.reduce((sum, one) => sum + (one.sums[at] ?? 0), 0)),
          dimensionId,
        );
      if (ofDay.some(({ facts }) => facts < 0)) removeEmpty.run(ahead, day);
    }
  }
}
