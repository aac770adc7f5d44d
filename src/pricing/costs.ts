import type { Priced, UsageRow } from "../ledger/rows.ts";
import { costOf, microsOf, type PricedModel, type PriceTable } from "../model/price.ts";
import { type Tokens, totalOf } from "../model/tokens.ts";

/** `calculate` from tokens and prices, `display` what the assistant said, `auto` what it said and else from tokens. */
export const costModes = ["auto", "calculate", "display"] as const;
/** How costs are found. */
export type CostMode = (typeof costModes)[number];

/** What a row of the roll-up or a response must tell to be priced. */
export type Priceable = Tokens & Priced;

const DAY_MS = 86_400_000;
/** A cost of which the assistant told that it was charged; any other is reckoned by its own prices, and ours go before. */
const CHARGED = 1;
const PICO_PER_NANO = 1_000n;

/** Prices usage by one table in one mode. */
export class Costs {
  readonly mode: CostMode;
  /** Models that were priced by another row than their own of ours: an estimate, or an imported list. By raw name. */
  readonly borrowed = new Map<string, PricedModel>();
  readonly #prices: PriceTable;

  constructor(prices: PriceTable, mode: CostMode) {
    this.#prices = prices;
    this.mode = mode;
  }

  /** What is wrong with the list that the user imported, in a sentence; null where nothing is, or it was not needed. */
  get importProblem(): string | null {
    return this.#prices.imported.problem;
  }

  /** Pico-dollars of some usage at a time (epoch ms); null where the model has no price, or display has nothing to show. */
  of(usage: Priceable, atMs: number): bigint | null {
    const { model, speed, tier, region, context: long } = usage;
    const told = usage.isPriced === 0 ? null : BigInt(usage.cost) * PICO_PER_NANO;
    if (this.mode === "display" || (this.mode === "auto" && usage.isPriced === CHARGED)) return told;
    const found = this.#prices.find(model, atMs);
    if (!found) return this.mode === "auto" ? told : null;
    // An estimate of ours is no better than what the assistant reckoned, which knows what it asked.
    if (found.estimatedAs !== null && told !== null && this.mode === "auto") return told;
    if (found.estimatedAs !== null || found.origin === "imported") this.borrowed.set(model, found);
    return costOf(usage, usage.searches, this.#prices.priceFrom(found, { speed, tier, region, long }));
  }
}

/** Usage of many responses in all. */
export class PricedTotals implements Tokens {
  input = 0;
  output = 0;
  cacheWrite5m = 0;
  cacheWrite1h = 0;
  cacheRead = 0;
  responses = 0;
  searches = 0;
  /** Tokens of the output that are known to be reasoning. */
  reasoning = 0;
  /** Pico-dollars of all that has a price. */
  pico = 0n;
  /** Tokens that have none, by model: never summed as if they were free. */
  readonly unpriced = new Map<string, number>();
  /** Names of the models, in the order in which they came. */
  readonly models = new Set<string>();

  /** Adds usage whose cost is known to be so many pico-dollars, or not known (null). */
  add(
    usage: Tokens & { readonly model: string; readonly searches: number; readonly reasoning?: number },
    responses: number,
    pico: bigint | null,
  ): void {
    // Name by name, as in costOf: a loop over the names takes twice the time, and every row of a report comes by here.
    this.input += usage.input;
    this.output += usage.output;
    this.cacheWrite5m += usage.cacheWrite5m;
    this.cacheWrite1h += usage.cacheWrite1h;
    this.cacheRead += usage.cacheRead;
    this.responses += responses;
    this.searches += usage.searches;
    this.reasoning += usage.reasoning ?? 0;
    this.models.add(usage.model);
    if (pico !== null) this.pico += pico;
    else if (totalOf(usage) > 0) {
      this.unpriced.set(usage.model, (this.unpriced.get(usage.model) ?? 0) + totalOf(usage));
    }
  }

  get cacheWrite(): number {
    return this.cacheWrite5m + this.cacheWrite1h;
  }

  get total(): number {
    return totalOf(this);
  }

  /** Integer micro-dollars of what has a price. */
  get micros(): number {
    return microsOf(this.pico);
  }

  /** Integer micro-dollars, null where nothing of it has a price. */
  get cost(): number | null {
    if (this.unpriced.size === 0) return this.micros;
    const unpriced = this.unpriced.values().reduce((sum, tokens) => sum + tokens, 0);
    return unpriced === this.total ? null : this.micros;
  }
}

/** Sums of rows by a key of theirs, in the order in which the keys came, with the sum of all. */
export function sumBy<K>(
  rows: readonly UsageRow[],
  costs: Costs,
  keyOf: (row: UsageRow) => K,
): { sums: Map<K, PricedTotals>; all: PricedTotals } {
  const sums = new Map<K, PricedTotals>();
  const all = new PricedTotals();
  for (const row of rows) {
    const key = keyOf(row);
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = new PricedTotals()));
    const pico = costs.of(row, row.day * DAY_MS);
    sum.add(row, row.responses, pico);
    all.add(row, row.responses, pico);
  }
  return { sums, all };
}

/** Date of a day counted from 1970-01-01. */
export function dateOfDay(day: number): string {
  let date = dates.get(day);
  if (date === undefined) dates.set(day, (date = new Date(day * DAY_MS).toISOString().slice(0, 10)));
  return date;
}

/** Asked for each row, of which a day has many. */
const dates = new Map<number, string>();
