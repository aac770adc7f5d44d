import { costOf, microsOf, PriceTable, standard } from "../../src/model/price.ts";
import { noTokens, tokenClasses } from "../../src/model/tokens.ts";

/** Epoch milliseconds of the start of a day, UTC. */
export const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
export const now = day("2026-11-20");
export const prices = new PriceTable();

/** Dollars per million tokens of each class, in the order of `tokenClasses`: the inverse of parsing a row. */
export function perMillion(model: string, variant = {}, at = now, from = prices): number[] | null {
  const price = from.priceOf(model, at, { ...standard, ...variant });
  return price && tokenClasses.map((name) => microsOf(costOf({ ...noTokens, [name]: 1_000_000 }, 0, price)) / 1e6);
}
