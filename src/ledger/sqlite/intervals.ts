import type { Database } from "bun:sqlite";
import type { OffsetInterval } from "../../model/calendar.ts";
import { BUCKET_MS } from "../rows.ts";

/** A time interval with one offset, in buckets of 15 minutes. */
export interface BucketRange {
  /** Buckets since 1970, UTC. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Number of buckets that local time is ahead of UTC. */
  readonly ahead: number;
}

/** Converts an interval to whole buckets. */
export const bucketsOf = ({ from, to, offsetMs }: OffsetInterval): BucketRange => ({
  from: Math.floor(from / BUCKET_MS),
  to: Math.ceil(to / BUCKET_MS),
  ahead: Math.round(offsetMs / BUCKET_MS),
});

/**
 * Returns the ranges of those intervals in which a table of sums has rows, so that only these are queried: one damaged
 * time in the year 2199 makes 460 intervals in a time zone with daylight saving time.
 */
export function rangesWithData(database: Database, table: string, intervals: readonly OffsetInterval[]): BucketRange[] {
  const first = database.query<{ bucket: number | null }, [number]>(
    `SELECT MIN(bucket) AS bucket FROM ${table} WHERE bucket >= ?`,
  );
  /** The first bucket with rows at or after `since`. */
  let known = { since: Infinity, first: -Infinity };
  return intervals.map(bucketsOf).filter(({ from, to }) => {
    if (from < known.since || from > known.first) known = { since: from, first: first.get(from)?.bucket ?? Infinity };
    return known.first < to;
  });
}
