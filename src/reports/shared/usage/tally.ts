import type { DayRow, UsageRow } from "../../../ledger/rows.ts";
import { totalOf } from "../../../model/tokens.ts";
import { type Costs, type Priceable, PricedTotals } from "../../../pricing/costs.ts";

const DAY_MS = 86_400_000;

/** A sum that may also hold imported days. */
export class UsageTotals extends PricedTotals {
  /** Tokens of which only the total is known: in no class, and without a price unless their cost was told. */
  unsplit = 0;
  /** Where imported days in it come from. */
  readonly provenance = new Set<string>();

  override get total(): number {
    return totalOf(this) + this.unsplit;
  }

  /** Adds an imported day with its cost in pico-dollars; null where it has none, `unsplit` tokens only where it was told. */
  addDay(day: DayRow, pico: bigint | null, isTold: boolean): void {
    const { model, unsplit } = day;
    this.add({ model, ...tokensOf(day), searches: 0 }, 0, pico);
    this.unsplit += unsplit;
    this.provenance.add(day.provenance);
    if (unsplit > 0 && !isTold) this.unpriced.set(model, (this.unpriced.get(model) ?? 0) + unsplit);
  }
}

/** Usage that can be priced, and whose it is. */
export type Owned = Priceable & { readonly source: string };

/** What one assistant used of one model. */
export interface Part {
  readonly model: string;
  readonly source: string;
  readonly tally: UsageTotals;
}

/** Usage of one row of a report: in all, and by model and assistant. */
export class UsageGroup {
  readonly all = new UsageTotals();
  readonly #parts = new Map<string, Part>();
  /** The parts in their order, until something is added. */
  #ordered: Part[] | null = null;

  add(usage: Owned, responses: number, pico: bigint | null): void {
    this.all.add(usage, responses, pico);
    this.#of(usage).add(usage, responses, pico);
  }

  addDay(day: DayRow, pico: bigint | null, isTold: boolean): void {
    this.all.addDay(day, pico, isTold);
    this.#of(day).addDay(day, pico, isTold);
  }

  /** The parts, the dearest first, those without a price last. */
  get parts(): readonly Part[] {
    return (this.#ordered ??= dearestFirst(this.#parts, ({ tally }) => tally).map(([, part]) => part));
  }

  /** Names of the models, by the same order. */
  get models(): string[] {
    return [...new Set(this.parts.map(({ model }) => model))];
  }

  get sources(): Set<string> {
    return new Set(this.#parts.values().map(({ source }) => source));
  }

  #of({ model, source }: { readonly model: string; readonly source: string }): UsageTotals {
    this.#ordered = null;
    const key = `${model}\n${source}`;
    let part = this.#parts.get(key);
    if (!part) this.#parts.set(key, (part = { model, source, tally: new UsageTotals() }));
    return part.tally;
  }
}

/** Accounts by a key, in the order in which the keys came, and of all of them. */
export class UsageGroups<K> {
  readonly all = new UsageGroup();
  readonly byKey = new Map<K, UsageGroup>();
  readonly #costs: Costs;

  constructor(costs: Costs) {
    this.#costs = costs;
  }

  /** Adds usage of so many responses at a time (epoch ms, for its price). */
  add(key: K, usage: Owned, responses: number, at: number): void {
    const pico = this.#costs.of(usage, at);
    this.#of(key).add(usage, responses, pico);
    this.all.add(usage, responses, pico);
  }

  /** Adds a row of the roll-up. */
  addRow(key: K, row: UsageRow): void {
    this.add(key, row, row.responses, row.day * DAY_MS);
  }

  /** Adds an imported day. Lifetimes of caches were not told: five minutes is the usual one. */
  addDay(key: K, day: DayRow): void {
    const usage = { ...tokensOf(day), speed: "", tier: "", region: "", context: 0, searches: 0 };
    const isTold = day.cost !== null && this.#costs.mode !== "calculate";
    const priceable = { ...usage, model: day.model, isPriced: +(day.cost !== null), cost: day.cost ?? 0 };
    const pico = this.#costs.of(priceable, Date.parse(day.date));
    this.#of(key).addDay(day, pico, isTold);
    this.all.addDay(day, pico, isTold);
  }

  /** The dearest first, those without a price last. */
  byCost(): [key: K, account: UsageGroup][] {
    return dearestFirst(this.byKey, ({ all }) => all);
  }

  #of(key: K): UsageGroup {
    let account = this.byKey.get(key);
    if (!account) this.byKey.set(key, (account = new UsageGroup()));
    return account;
  }
}

/** Percent of the cost of all that a part makes up; null where it has no price, or nothing costs anything. */
export function shareOf(part: PricedTotals, all: PricedTotals): number | null {
  if (part.cost === null || all.micros === 0) return null;
  return (part.micros / all.micros) * 100;
}

/** By cost, what has no price last; of equal ones the larger first, then by name. */
function dearestFirst<K, V>(byKey: ReadonlyMap<K, V>, sumOf: (value: V) => PricedTotals): [K, V][] {
  return Array.from(byKey, ([key, value]) => {
    const sum = sumOf(value);
    return { key, value, cost: sum.cost ?? -1, total: sum.total, name: String(key) };
  })
    .toSorted((a, b) => b.cost - a.cost || b.total - a.total || (a.name < b.name ? -1 : 1))
    .map(({ key, value }) => [key, value]);
}

function tokensOf({ input, output, cacheWrite, cacheRead }: DayRow) {
  return { input, output, cacheWrite5m: cacheWrite, cacheWrite1h: 0, cacheRead };
}
