import type { Queries } from "../../../ledger/queries.ts";
import { BUCKET_MS, type UsageRow } from "../../../ledger/rows.ts";
import { FOREVER, offsetsIn } from "../../../model/calendar.ts";
import { totalOf } from "../../../model/tokens.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import type { Costs } from "../../../pricing/costs.ts";
import { type PerPercent, perPercentOf, type Rise, risesOf } from "./forecast.ts";
import type { ObservedWindow } from "./windows.ts";

const DAY_MS = 86_400_000;

/** The tokens and micro-dollars per percent of a limit, estimated from this ledger; null below three rises. */
export interface PercentEstimate {
  readonly tokens: PerPercent | null;
  readonly micros: PerPercent | null;
  /** Rises of the limit without usage in this ledger: the account was used elsewhere. */
  readonly elsewhere: number;
}

/**
 * Estimates the amount used per percent, by the key of the limit: compares each rise of a window in our log with the usage
 * of that assistant at that time. Usage is summed by 15-minute buckets and taken as uniform within one. A limit of one
 * model is compared with the usage of that model.
 */
export async function percentEstimates(
  windows: readonly ObservedWindow[],
  queries: Queries,
  costs: Costs,
): Promise<Map<string, PercentEstimate>> {
  const rises = new Map<string, Rise[]>();
  for (const { key, points } of windows) rises.set(key, [...(rises.get(key) ?? []), ...risesOf(points)]);
  const all = [...rises.values()].flat();
  if (all.length === 0) return new Map();
  const from = Math.floor(Math.min(...all.map((rise) => rise.from)) / BUCKET_MS) * BUCKET_MS;
  const to = Math.min(Math.max(...all.map((rise) => rise.to)), FOREVER);
  const rows = await queries.usage({ from, to, source: LOGGED_ASSISTANT }, offsetsIn("UTC", from, to), ["bucket"]);
  return new Map(Array.from(rises, ([key, some]) => [key, compareRises(some, rowsFor(key, rows), costs)]));
}

function rowsFor(key: string, rows: readonly UsageRow[]): readonly UsageRow[] {
  if (!key.startsWith("model:")) return rows;
  const name = key.slice("model:".length).toLowerCase();
  return rows.filter(({ model }) => model.toLowerCase().includes(name));
}

function compareRises(rises: readonly Rise[], rows: readonly UsageRow[], costs: Costs): PercentEstimate {
  const buckets = new Map<number, { tokens: number; micros: number; unpriced: boolean }>();
  for (const row of rows) {
    const known = buckets.get(row.bucket) ?? { tokens: 0, micros: 0, unpriced: false };
    const pico = costs.of(row, row.day * DAY_MS);
    known.tokens += totalOf(row);
    known.micros += Number(pico ?? 0n) / 1e6;
    known.unpriced ||= pico === null;
    buckets.set(row.bucket, known);
  }
  const used = rises.map(({ from, to, percent }) => {
    const sum = { tokens: 0, micros: 0, isPriced: true, percent };
    for (let bucket = Math.floor(from / BUCKET_MS); bucket * BUCKET_MS < to; bucket++) {
      const usage = buckets.get(bucket);
      if (!usage) continue;
      const begin = Math.max(bucket * BUCKET_MS, from);
      const share = (Math.min((bucket + 1) * BUCKET_MS, to) - begin) / BUCKET_MS;
      sum.tokens += usage.tokens * share;
      sum.micros += usage.micros * share;
      if (usage.unpriced) sum.isPriced = false;
    }
    return sum;
  });
  return {
    tokens: perPercentOf(used.map(({ percent, tokens }) => ({ percent, used: tokens }))),
    micros: perPercentOf(
      used.filter(({ isPriced }) => isPriced).map(({ percent, micros }) => ({ percent, used: micros })),
    ),
    elsewhere: used.filter(({ tokens }) => tokens === 0).length,
  };
}
