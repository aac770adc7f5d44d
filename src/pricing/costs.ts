import type { Priced, UsageRow } from "../ledger/rows.ts";
import { CostKind, costOf, microsOf, type PricedModel, type PriceTable } from "../model/price.ts";
import { type Tokens, TokenSum, totalOf } from "../model/tokens.ts";

/**
 * `calculate`: tokens times price; `display`: the cost that the assistant reported; `auto`: the reported cost, else tokens
 * times price.
 */
export const costModes = ["auto", "calculate", "display"] as const;
/** One of costModes. */
export type CostMode = (typeof costModes)[number];

/** The fields of summed usage or of a response that its cost is computed from. */
export type Priceable = Tokens & Priced;

const DAY_MS = 86_400_000;
const PICO_PER_NANO = 1_000n;

/** Prices usage by one table in one mode. */
export class Costs {
  readonly mode: CostMode;
  /** Models without a built-in or own price, by raw name: those priced as another model (estimates) or by an imported list. */
  readonly substitutePrices = new Map<string, PricedModel>();
  readonly #prices: PriceTable;

  constructor(prices: PriceTable, mode: CostMode) {
    this.#prices = prices;
    this.mode = mode;
  }

  /** The same prices, without the costs that assistants reported. */
  get atListPrices(): Costs {
    return new Costs(this.#prices, "calculate");
  }

  /** The problem with the imported price list, as a sentence; null where there is none or the list was not needed. */
  get importProblem(): string | null {
    return this.#prices.imported.problem;
  }

  /**
   * The cost of usage at a time (epoch ms), in pico-dollars; null where the model has no price, or in display mode no cost
   * was reported.
   */
  of(usage: Priceable, atMs: number): bigint | null {
    const { model, speed, tier, region, context: long } = usage;
    const reported = usage.costKind === CostKind.none ? null : BigInt(usage.cost) * PICO_PER_NANO;
    // In auto mode a charged cost takes precedence over our prices; an estimate by the assistant does not.
    if (this.mode === "display" || (this.mode === "auto" && usage.costKind === CostKind.charged)) return reported;
    const found = this.#prices.find(model, atMs);
    if (!found) return this.mode === "auto" ? reported : null;
    // The assistant's own estimate is preferred to ours, since it knows its request.
    if (found.estimatedAs !== null && reported !== null && this.mode === "auto") return reported;
    if (found.estimatedAs !== null || found.origin === "imported") this.substitutePrices.set(model, found);
    return costOf(usage, usage.searches, this.#prices.priceFrom(found, { speed, tier, region, long }));
  }
}

/** The total usage of responses. */
export class PricedTotals extends TokenSum {
  responses = 0;
  searches = 0;
  /** Tokens of the output that are known to be reasoning. */
  reasoning = 0;
  /** Cost of the tokens with a price, pico-dollars. */
  pico = 0n;
  /** Tokens without a price, by model. */
  readonly unpriced = new Map<string, number>();
  /** Names of the models, in order of first appearance. */
  readonly models = new Set<string>();

  /** Adds usage with its cost in pico-dollars, null where it has no price. */
  add(
    usage: Tokens & { readonly model: string; readonly searches: number; readonly reasoning?: number },
    responses: number,
    pico: bigint | null,
  ): void {
    this.addTokens(usage);
    this.responses += responses;
    this.searches += usage.searches;
    this.reasoning += usage.reasoning ?? 0;
    this.models.add(usage.model);
    if (pico !== null) this.pico += pico;
    else if (totalOf(usage) > 0) {
      this.unpriced.set(usage.model, (this.unpriced.get(usage.model) ?? 0) + totalOf(usage));
    }
  }

  /** Adds another's numbers. */
  merge(other: PricedTotals): void {
    this.addTokens(other);
    this.responses += other.responses;
    this.searches += other.searches;
    this.reasoning += other.reasoning;
    this.pico += other.pico;
    for (const model of other.models) this.models.add(model);
    for (const [model, tokens] of other.unpriced) this.unpriced.set(model, (this.unpriced.get(model) ?? 0) + tokens);
  }

  get total(): number {
    return totalOf(this);
  }

  /** Tokens without a price. */
  get unpricedTokens(): number {
    return this.unpriced.values().reduce((sum, tokens) => sum + tokens, 0);
  }

  /** Cost of the tokens with a price, integer micro-dollars. */
  get micros(): number {
    return microsOf(this.pico);
  }

  /** The same, null where no tokens have a price. */
  get cost(): number | null {
    if (this.unpriced.size === 0) return this.micros;
    return this.unpricedTokens === this.total ? null : this.micros;
  }
}

/** Sums of rows by key, in order of first appearance, and the sum of all rows. */
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

/** The date of a day, given as days since 1970-01-01. */
export function dateOfDay(day: number): string {
  let date = dates.get(day);
  if (date === undefined) dates.set(day, (date = new Date(day * DAY_MS).toISOString().slice(0, 10)));
  return date;
}

/** A cache: a day has many rows, and each needs its date. */
const dates = new Map<number, string>();
