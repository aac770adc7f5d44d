import type { SqliteQueries } from "../../../ledger/sqlite/SqliteQueries.ts";
import type { UsageRow } from "../../../ledger/rows.ts";
import { FOREVER, offsetsIn } from "../../../model/calendar.ts";
import { totalOf } from "../../../model/tokens.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import type { Costs } from "../../../pricing/costs.ts";
import { type PerPercent, perPercentOf, type Rise, risesOf } from "./forecast.ts";
import type { SeenWindow } from "./windows.ts";

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;

/** What one percent of a limit comes to in tokens and in micro-dollars, learned from this ledger; null below three rises. */
export interface Learned {
  readonly tokens: PerPercent | null;
  readonly micros: PerPercent | null;
  /** Rises of the limit without any use in this ledger: the account was used elsewhere. */
  readonly elsewhere: number;
}

/**
 * What one percent comes to, by the key of the limit: each rise of a window in our log beside what the ledger holds of
 * that assistant and time. Usage is known by quarter hours and taken as even within one. A limit of one model is compared with that model.
 */
export function learnedOf(windows: readonly SeenWindow[], ledger: SqliteQueries, costs: Costs): Map<string, Learned> {
  const rises = new Map<string, Rise[]>();
  for (const { key, points } of windows) rises.set(key, [...(rises.get(key) ?? []), ...risesOf(points)]);
  const all = [...rises.values()].flat();
  if (all.length === 0) return new Map();
  const from = Math.floor(Math.min(...all.map((rise) => rise.from)) / QUARTER_MS) * QUARTER_MS;
  const to = Math.min(Math.max(...all.map((rise) => rise.to)), FOREVER);
  const rows = ledger.usage({ from, to, source: LOGGED_ASSISTANT }, offsetsIn("UTC", from, to), ["quarter"]);
  return new Map(Array.from(rises, ([key, some]) => [key, compare(some, rowsFor(key, rows), costs)]));
}

function rowsFor(key: string, rows: readonly UsageRow[]): readonly UsageRow[] {
  if (!key.startsWith("model:")) return rows;
  const name = key.slice("model:".length).toLowerCase();
  return rows.filter(({ model }) => model.toLowerCase().includes(name));
}

function compare(rises: readonly Rise[], rows: readonly UsageRow[], costs: Costs): Learned {
  const quarters = new Map<number, { tokens: number; micros: number; unpriced: boolean }>();
  for (const row of rows) {
    const known = quarters.get(row.quarter) ?? { tokens: 0, micros: 0, unpriced: false };
    const pico = costs.of(row, row.day * DAY_MS);
    known.tokens += totalOf(row);
    known.micros += Number(pico ?? 0n) / 1e6;
    known.unpriced ||= pico === null;
    quarters.set(row.quarter, known);
  }
  const used = rises.map(({ from, to, percent }) => {
    const sum = { tokens: 0, micros: 0, isPriced: true, percent };
    for (let quarter = Math.floor(from / QUARTER_MS); quarter * QUARTER_MS < to; quarter++) {
      const held = quarters.get(quarter);
      if (!held) continue;
      const begin = Math.max(quarter * QUARTER_MS, from);
      const share = (Math.min((quarter + 1) * QUARTER_MS, to) - begin) / QUARTER_MS;
      sum.tokens += held.tokens * share;
      sum.micros += held.micros * share;
      if (held.unpriced) sum.isPriced = false;
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
