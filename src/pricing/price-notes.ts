import type { PricedModel } from "../model/price.ts";
import type { Costs } from "./costs.ts";
import { clean } from "../utils/terminal.ts";

/** More names make no sentence. */
const MOST_NAMES = 12;

/** By raw name: models that an answer priced by a row that is not their own, or not ours. */
type Borrowed = ReadonlyMap<string, PricedModel>;

/** Sentences that say which prices of an answer are estimates, and which are from an imported list; none where all are ours. */
export function priceNotes({ borrowed, importProblem }: Costs): string[] {
  if (borrowed.size === 0 && importProblem === null) return [];
  const estimates = estimatesIn(borrowed).map(
    ([model, { estimatedAs, isFast }]) =>
      `${clean(model)} at the ${isFast ? "fast " : ""}price of ${clean(estimatedAs ?? "")}`,
  );
  const imported = Map.groupBy(
    [...borrowed].filter(([, { origin }]) => origin === "imported"),
    ([, { row }]) => row.source,
  );
  return [
    ...(estimates.length > 0
      ? [`Estimates: ${listOf(estimates)}; no price list has ${estimates.length > 1 ? "these names" : "this name"}.`]
      : []),
    ...Array.from(
      imported,
      ([source, models]) => `Prices from ${clean(source, 400)}: ${listOf(models.map(([model]) => clean(model)))}.`,
    ),
    ...(importProblem === null ? [] : [`${clean(importProblem, 500)}.`]),
  ];
}

/** The same for programs; no fields where all prices are ours. */
export function priceFields({ borrowed }: Costs): Readonly<Record<string, unknown>> {
  const estimates = estimatesIn(borrowed).map(([model, { estimatedAs }]) => [model, estimatedAs] as const);
  const imported = [...borrowed].flatMap(([model, { origin, row }]) =>
    origin === "imported" ? [[model, row.source] as const] : [],
  );
  return {
    ...(estimates.length > 0 && { estimatedPrices: Object.fromEntries(estimates) }),
    ...(imported.length > 0 && { importedPrices: Object.fromEntries(imported) }),
  };
}

const estimatesIn = (borrowed: Borrowed): [string, PricedModel][] =>
  [...borrowed].filter(([, { estimatedAs }]) => estimatedAs !== null).toSorted(([a], [b]) => (a < b ? -1 : 1));

const listOf = (parts: readonly string[]): string =>
  parts.length > MOST_NAMES
    ? `${parts.slice(0, MOST_NAMES).join(", ")} and ${parts.length - MOST_NAMES} more`
    : parts.join(", ");
