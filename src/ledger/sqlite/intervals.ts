import type { Database } from "bun:sqlite";
import type { OffsetInterval } from "../../model/calendar.ts";
import { BUCKET_MS } from "./RollUp.ts";

/** A stretch of time of one offset, in quarter hours. */
export interface BucketRange {
  /** Since 1970, UTC. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** How many local time is ahead of UTC. */
  readonly ahead: number;
}

/** A stretch, cut to quarter hours as sums are. */
export const bucketsOf = ({ from, to, offsetMs }: OffsetInterval): BucketRange => ({
  from: Math.floor(from / BUCKET_MS),
  to: Math.ceil(to / BUCKET_MS),
  ahead: Math.round(offsetMs / BUCKET_MS),
});

/**
 * Those of some stretches in which a table of sums holds something. Only these are asked about: one
 * damaged time of the year 2199 makes 460 of them in a zone that changes its clocks.
 */
export function inhabited(database: Database, table: string, stretches: readonly OffsetInterval[]): BucketRange[] {
  const first = database.query<{ quarter: number | null }, [number]>(
    `SELECT MIN(quarter) AS quarter FROM ${table} WHERE quarter >= ?`,
  );
  /** The first quarter hour at or after another one. */
  let known = { since: Infinity, first: -Infinity };
  return stretches.map(bucketsOf).filter(({ from, to }) => {
    if (from < known.since || from > known.first) known = { since: from, first: first.get(from)?.quarter ?? Infinity };
    return known.first < to;
  });
}
