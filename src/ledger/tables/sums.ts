import { counts, price } from "./facts.ts";
import { DIMENSION_ID, type Measure, rollUp, sqlTypes, table } from "./table.ts";

const { integer, laterInteger, text } = sqlTypes;

const countOfFacts: Measure = { column: null };
const sumsOf = (columns: readonly string[]): Record<string, Measure> =>
  Object.fromEntries(columns.map((column) => [column, { column }]));
const usageMeasures = { responses: countOfFacts, ...sumsOf([...Object.keys(counts), "reasoning"]) };

/** Sums of responses by bucket of 15 minutes and dimension set. */
export const usageBucket = rollUp({
  name: "usage_bucket",
  columns: { bucket: integer, [DIMENSION_ID]: integer, responses: integer, ...counts, reasoning: laterInteger },
  key: ["bucket", DIMENSION_ID],
  measures: usageMeasures,
});

/** Sums of actions by bucket of 15 minutes, dimension set, kind and name. */
export const actionBucket = rollUp({
  name: "action_bucket",
  columns: {
    bucket: integer,
    [DIMENSION_ID]: integer,
    action: text,
    name: text,
    count: integer,
    failed: integer,
    timed: integer,
    duration: integer,
    added: integer,
    removed: integer,
    length: integer,
  },
  key: ["bucket", DIMENSION_ID, "action", "name"],
  measures: {
    count: countOfFacts,
    failed: { column: "ok", of: (ok) => +(ok === 0) },
    timed: { column: "duration", of: (duration) => +(duration !== null) },
    duration: { column: "duration", of: Number },
    ...sumsOf(["added", "removed", "length"]),
  },
});

/** The offsets of local time whose days are kept: the number of buckets that local time is ahead of UTC. */
export const dayOffset = table({ name: "day_offset", columns: { ahead: "INTEGER PRIMARY KEY" }, key: [] });

/** Sums of responses by local day and price, for the kept offsets. */
export const usageDay = rollUp({
  name: "usage_day",
  columns: {
    ahead: integer,
    day: integer,
    machine: text,
    source: text,
    ...price,
    responses: integer,
    ...counts,
    reasoning: integer,
  },
  key: ["ahead", "day", "machine", "source", "model", "speed", "tier", "region", "context", "cost_kind"],
  measures: usageMeasures,
});
