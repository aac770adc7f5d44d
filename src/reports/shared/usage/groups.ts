import type { DayRow, UsageRow } from "../../../ledger/rows.ts";
import { CostKind } from "../../../model/price.ts";
import { keyOf } from "../keys.ts";
import { totalOf } from "../../../model/tokens.ts";
import { type Costs, type Priceable, PricedTotals } from "../../../pricing/costs.ts";

const DAY_MS = 86_400_000;

/** Totals that may include imported days. */
export class UsageTotals extends PricedTotals {
  /** Tokens of which only the sum is known. They are in no class, and have no price unless their cost was reported. */
  unsplit = 0;
  /** The programs that the imported days come from. */
  readonly provenance = new Set<string>();

  override get total(): number {
    return totalOf(this) + this.unsplit;
  }

  /**
   * Adds an imported day. `pico` is its cost in pico-dollars, or null; it covers `unsplit` tokens only where the cost was
   * reported.
   */
  addDay(day: DayRow, pico: bigint | null, isCostReported: boolean): void {
    const { model, unsplit } = day;
    this.add({ ...day, searches: 0 }, 0, pico);
    this.unsplit += unsplit;
    this.provenance.add(day.provenance);
    if (unsplit > 0 && !isCostReported) this.unpriced.set(model, (this.unpriced.get(model) ?? 0) + unsplit);
  }
}

/** Usage with its price dimensions and its assistant. */
export type AttributedUsage = Priceable & { readonly source: string };

/** Usage of one model by one assistant. */
export interface ModelUsage {
  readonly model: string;
  readonly source: string;
  readonly totals: UsageTotals;
}

/** Usage of one row of a report: totals, and parts by model and assistant. */
export class UsageGroup {
  readonly all = new UsageTotals();
  readonly #parts = new Map<string, ModelUsage>();
  /** The sorted parts, until more usage is added. */
  #ordered: ModelUsage[] | null = null;

  add(usage: AttributedUsage, responses: number, pico: bigint | null): void {
    this.all.add(usage, responses, pico);
    this.#of(usage).add(usage, responses, pico);
  }

  addDay(day: DayRow, pico: bigint | null, isCostReported: boolean): void {
    this.all.addDay(day, pico, isCostReported);
    this.#of(day).addDay(day, pico, isCostReported);
  }

  /** The parts, most expensive first, those without a price last. */
  get parts(): readonly ModelUsage[] {
    return (this.#ordered ??= mostExpensiveFirst(this.#parts, ({ totals }) => totals).map(([, part]) => part));
  }

  /** Names of the models, in the same order. */
  get models(): string[] {
    return [...new Set(this.parts.map(({ model }) => model))];
  }

  get sources(): Set<string> {
    return new Set(this.#parts.values().map(({ source }) => source));
  }

  #of({ model, source }: { readonly model: string; readonly source: string }): UsageTotals {
    this.#ordered = null;
    const key = keyOf(model, source);
    let part = this.#parts.get(key);
    if (!part) this.#parts.set(key, (part = { model, source, totals: new UsageTotals() }));
    return part.totals;
  }
}

/** Usage groups by key, in order of first appearance, and their total. */
export class UsageGroups<K> {
  readonly all = new UsageGroup();
  readonly byKey = new Map<K, UsageGroup>();
  readonly #costs: Costs;

  constructor(costs: Costs) {
    this.#costs = costs;
  }

  /** Adds usage of some responses, priced at a time (epoch ms). */
  add(key: K, usage: AttributedUsage, responses: number, at: number): void {
    const pico = this.#costs.of(usage, at);
    this.#of(key).add(usage, responses, pico);
    this.all.add(usage, responses, pico);
  }

  /** Adds a row of summed usage. */
  addRow(key: K, row: UsageRow): void {
    this.add(key, row, row.responses, row.day * DAY_MS);
  }

  /** Adds an imported day. */
  addDay(key: K, day: DayRow): void {
    const isCostReported = day.cost !== null && this.#costs.mode !== "calculate";
    const priceable = {
      ...day,
      speed: "",
      tier: "",
      region: "",
      context: 0,
      searches: 0,
      costKind: day.cost === null ? CostKind.none : CostKind.charged,
      cost: day.cost ?? 0,
    };
    const pico = this.#costs.of(priceable, Date.parse(day.date));
    this.#of(key).addDay(day, pico, isCostReported);
    this.all.addDay(day, pico, isCostReported);
  }

  /** Groups, most expensive first, those without a price last. */
  byCost(): [key: K, group: UsageGroup][] {
    return mostExpensiveFirst(this.byKey, ({ all }) => all);
  }

  #of(key: K): UsageGroup {
    let group = this.byKey.get(key);
    if (!group) this.byKey.set(key, (group = new UsageGroup()));
    return group;
  }
}

/** A part's percentage of the total cost; null where the part has no price or the total is 0. */
export function shareOf(part: PricedTotals, all: PricedTotals): number | null {
  if (part.cost === null || all.micros === 0) return null;
  return (part.micros / all.micros) * 100;
}

/** Sorts by cost, entries without a price last; ties are sorted by tokens, largest first, then by name. */
function mostExpensiveFirst<K, V>(byKey: ReadonlyMap<K, V>, sumOf: (value: V) => PricedTotals): [K, V][] {
  return Array.from(byKey, ([key, value]) => {
    const sum = sumOf(value);
    return { key, value, cost: sum.cost ?? -1, total: sum.total, name: String(key) };
  })
    .toSorted((a, b) => b.cost - a.cost || b.total - a.total || (a.name < b.name ? -1 : 1))
    .map(({ key, value }) => [key, value]);
}
