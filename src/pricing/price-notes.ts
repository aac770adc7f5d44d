import type { PricedModel } from "../model/price.ts";
import type { Costs } from "./costs.ts";
import { clean } from "../utils/terminal.ts";

/** Names listed in a sentence. */
const MAX_NAMES = 12;

/** Models by raw name, and the row of another model or of an imported list that they were priced by. */
type SubstitutePrices = ReadonlyMap<string, PricedModel>;

/** Sentences about prices that are estimates or from an imported list; none where every price is built in or the user's own. */
export function priceNotes({ substitutePrices, importProblem }: Costs): string[] {
  if (substitutePrices.size === 0 && importProblem === null) return [];
  const estimates = estimatesIn(substitutePrices).map(
    ([model, { estimatedAs, isFast }]) =>
      `${clean(model)} at the ${isFast ? "fast " : ""}price of ${clean(estimatedAs ?? "")}`,
  );
  const imported = Map.groupBy(
    [...substitutePrices].filter(([, { origin }]) => origin === "imported"),
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

/** The same as JSON fields. */
export function priceFields({ substitutePrices }: Costs): Readonly<Record<string, unknown>> {
  const estimates = estimatesIn(substitutePrices).map(([model, { estimatedAs }]) => [model, estimatedAs] as const);
  const imported = [...substitutePrices].flatMap(([model, { origin, row }]) =>
    origin === "imported" ? [[model, row.source] as const] : [],
  );
  return {
    ...(estimates.length > 0 && { estimatedPrices: Object.fromEntries(estimates) }),
    ...(imported.length > 0 && { importedPrices: Object.fromEntries(imported) }),
  };
}

const estimatesIn = (substitutePrices: SubstitutePrices): [string, PricedModel][] =>
  [...substitutePrices].filter(([, { estimatedAs }]) => estimatedAs !== null).toSorted(([a], [b]) => (a < b ? -1 : 1));

const listOf = (parts: readonly string[]): string =>
  parts.length > MAX_NAMES
    ? `${parts.slice(0, MAX_NAMES).join(", ")} and ${parts.length - MAX_NAMES} more`
    : parts.join(", ");
