import type { Migration } from "./contract.ts";

/** Sums of whole local days; their number does not grow with the usage of a day. */
export const days: Migration = {
  name: "days",
  description: "sums by local day, for the offsets of local time that reports ask for",
  sql: `
    CREATE TABLE day_offset (ahead INTEGER PRIMARY KEY);
    CREATE TABLE usage_day (
      ahead INTEGER NOT NULL, day INTEGER NOT NULL, machine TEXT NOT NULL, source TEXT NOT NULL, model TEXT NOT NULL,
      speed TEXT NOT NULL, tier TEXT NOT NULL, region TEXT NOT NULL, context INTEGER NOT NULL, is_priced INTEGER NOT NULL,
      responses INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
      cache_write_1h INTEGER NOT NULL, cache_read INTEGER NOT NULL, searches INTEGER NOT NULL, cost INTEGER NOT NULL,
      reasoning INTEGER NOT NULL,
      PRIMARY KEY (ahead, day, machine, source, model, speed, tier, region, context, is_priced)) WITHOUT ROWID;
  `,
};
