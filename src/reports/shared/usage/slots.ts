import type { SqliteQueries } from "../../../ledger/sqlite/SqliteQueries.ts";
import { BUCKET_MS } from "../../../ledger/sqlite/RollUp.ts";
import type { Filter } from "../../../ledger/rows.ts";
import type { Slot } from "./blocks.ts";
import type { AttributedUsage } from "./groups.ts";

/** Usage of one price within a slot, and its number of responses. */
export interface SlotUsage {
  readonly usage: AttributedUsage;
  readonly responses: number;
}

/** A slot with its usage. */
export interface UsageSlot extends Slot {
  readonly used: readonly SlotUsage[];
}

/** A 15-minute bucket. The times of its first and last response are queried on access. */
class BucketSlot implements UsageSlot {
  readonly from: number;
  readonly used: readonly SlotUsage[];
  readonly #ledger: SqliteQueries;
  readonly #range: Filter;

  constructor(from: number, used: readonly SlotUsage[], queries: SqliteQueries, filter: Filter) {
    this.from = from;
    this.used = used;
    this.#ledger = queries;
    this.#range = { ...filter, from, to: from + BUCKET_MS };
  }

  get first(): number {
    return this.#ledger.firstAt(this.#range) ?? this.from;
  }

  get last(): number {
    return this.#ledger.lastAt(this.#range) ?? this.from;
  }
}

/** Usage by 15-minute bucket, in time order; buckets with a window bound inside (epoch ms) are split into single responses. */
export function slotsOf(queries: SqliteQueries, filter: Filter, bounds: ReadonlySet<number>): UsageSlot[] {
  const interval = { from: filter.from, to: filter.to, offsetMs: 0 };
  const splitBuckets = new Set(
    [...bounds].filter((at) => at % BUCKET_MS !== 0).map((at) => Math.floor(at / BUCKET_MS)),
  );
  const buckets = Map.groupBy(queries.usage(filter, [interval], ["bucket"]), ({ bucket }) => bucket);
  return [...buckets.keys()]
    .toSorted((a, b) => a - b)
    .flatMap((bucket): UsageSlot[] => {
      const from = bucket * BUCKET_MS;
      if (splitBuckets.has(bucket)) {
        return queries.responses({ ...filter, from, to: from + BUCKET_MS }).map((usage) => ({
          from: usage.at,
          first: usage.at,
          last: usage.at,
          used: [{ usage, responses: 1 }],
        }));
      }
      const used = (buckets.get(bucket) ?? []).map((usage) => ({ usage, responses: usage.responses }));
      return [new BucketSlot(from, used, queries, filter)];
    });
}
