import { join } from "node:path";
import { Costs, dateOfDay, sumBy } from "../../src/pricing/costs.ts";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import { PriceTable } from "../../src/model/price.ts";
import { sources } from "../../src/sources/registry.ts";
import type { Count, Truth } from "./trap.ts";
import { queriesOf } from "../ledger/queries.ts";

/** Counts a home with pawprint: the totals of a ledger in that home after a scan. */
export const count: Count = async (home, env) => {
  using ledger = new Ledger(join(home, "ledger", "ledger.db"), () => "here");
  const collector = new Collector(ledger, sources, { env, home, now: () => 0 });
  await collector.scan("usage");
  await collector.scan("activity");
  return truthOf(ledger);
};

/** The totals of a ledger in the form of a trap's truth. */
export function truthOf(ledger: Ledger): Truth {
  const whole = { from: 0, to: FOREVER };
  const rows = queriesOf(ledger).usage(whole, [{ ...whole, offsetMs: 0 }], ["session"]);
  const costs = new Costs(new PriceTable(), "calculate");
  const { all } = sumBy(rows, costs, () => "");
  const by = (keyOf: (row: (typeof rows)[number]) => string): Record<string, number> =>
    Object.fromEntries(Array.from(sumBy(rows, costs, keyOf).sums, ([key, sum]) => [key, sum.total]));
  const { responses, input, output, cacheWrite5m, cacheWrite1h, cacheRead, searches, micros } = all;
  return {
    responses,
    input,
    output,
    cacheWrite5m,
    cacheWrite1h,
    cacheRead,
    webSearches: searches,
    byDay: by(({ day }) => dateOfDay(day)),
    byModel: by(({ model }) => model),
    bySession: by(({ session }) => session),
    costMicros: micros,
  };
}
