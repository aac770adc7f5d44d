import type { Queries } from "../../../ledger/queries.ts";
import { BUCKET_MS, type Filter, type TimeRange } from "../../../ledger/rows.ts";
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

/** Usage by 15-minute bucket, in time order; buckets with a window bound inside (epoch ms) are split into single responses. */
export async function slotsOf(queries: Queries, filter: Filter, bounds: ReadonlySet<number>): Promise<UsageSlot[]> {
  const interval = { from: filter.from, to: filter.to, offsetMs: 0 };
  const splitBuckets = new Set(
    [...bounds].filter((at) => at % BUCKET_MS !== 0).map((at) => Math.floor(at / BUCKET_MS)),
  );
  const buckets = Map.groupBy(await queries.usage(filter, [interval], ["bucket"]), ({ bucket }) => bucket);
  const ranges = [...splitBuckets].filter((bucket) => buckets.has(bucket)).map(rangeOf);
  const slots = [...buckets]
    .filter(([bucket]) => !splitBuckets.has(bucket))
    .map(([bucket, rows]): UsageSlot => ({
      ...rangeOf(bucket),
      used: rows.map((usage) => ({ usage, responses: usage.responses })),
    }));
  for (const usage of await queries.responses(filter, ranges))
    slots.push({ from: usage.at, to: usage.at + 1, used: [{ usage, responses: 1 }] });
  return slots.toSorted((a, b) => a.from - b.from);
}

const rangeOf = (bucket: number): TimeRange => ({ from: bucket * BUCKET_MS, to: (bucket + 1) * BUCKET_MS });
