import { contextClasses, type LongPrices, type PriceRow, type TokenPrices } from "../../model/price.ts";

/** What one entry of a list says, in dollars per million tokens; what it does not say is missing. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  readonly cacheRead?: number | undefined;
}

/** One entry of a list. */
export interface PriceEntry {
  /** Its name where it is sold: "us.anthropic.claude-opus-5-5". */
  readonly name: string;
  /** The name with its seller's before it: "openrouter/anthropic/claude-opus-5.5". */
  readonly soldAs: string;
  /** Whether the provider made the model, and its price is the list price. */
  readonly isMaker: boolean;
  readonly row: Omit<PriceRow, "models" | "source">;
}

/** Why an entry is left out. */
export type Unusable =
  | "no price by the token"
  | "a price of zero"
  | "no number that can be a price"
  | "an odd name"
  | "more than any list has";

/**
 * Decimal text of a number times a power of ten, with at most six digits after the point, as a row has it: 5.5e-6 shifted by
 * 6 is "5.5". The digits are those that the number was written with; it is not multiplied. Null for what cannot be a price.
 */
export function decimalOf(value: number, shift = 0): string | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", part = ""] = mantissa.split(".");
  const digits = BigInt(whole + part);
  const scale = Number(exponent) - part.length + shift + 6;
  if (scale > 20) return null;
  const by = 10n ** BigInt(Math.min(Math.abs(scale), 400));
  const millionths = scale >= 0 ? digits * by : (digits + by / 2n) / by;
  const text = String(millionths).padStart(7, "0");
  const [dollars, rest] = [text.slice(0, -6), text.slice(-6).replace(/0+$/, "")];
  return dollars.length > 6 ? null : rest ? `${dollars}.${rest}` : dollars;
}

/**
 * Prices by the token of what an entry says, or why there are none. What a list leaves out: an hour in Claude's cache costs
 * twice the input (https://platform.claude.com/docs/en/about-claude/pricing); other tokens that are written to a cache, or
 * read from it, cost what input costs.
 */
export function pricesOf(rates: Rates, isClaude: boolean, shift = 0): TokenPrices | Unusable {
  const { input, output } = rates;
  if (input === 0 && output === 0) return "a price of zero";
  const text = (value: number | undefined, other: number): string | null => decimalOf(value ?? other, shift);
  const cacheWrite5m = rates.cacheWrite5m ?? input;
  const prices = {
    input: text(input, 0),
    output: text(output, 0),
    cacheWrite5m: text(cacheWrite5m, input),
    cacheWrite1h: text(rates.cacheWrite1h, isClaude ? 2 * input : cacheWrite5m),
    cacheRead: text(rates.cacheRead, input),
  };
  return isWhole(prices) ? prices : "no number that can be a price";
}

const isWhole = (prices: Record<keyof TokenPrices, string | null>): prices is Record<keyof TokenPrices, string> =>
  Object.values(prices).every((price) => price !== null);

/** Prices of long prompts by their thresholds in tokens; null where one is none that responses are told apart by. */
export function longOf(
  byLength: readonly (readonly [above: number, rates: Rates])[],
  isClaude: boolean,
  shift = 0,
): readonly LongPrices[] | null {
  const long: LongPrices[] = [];
  for (const [above, rates] of byLength.toSorted(([a], [b]) => a - b)) {
    const prices = pricesOf(rates, isClaude, shift);
    if (typeof prices === "string" || !contextClasses.some((tokens) => tokens === above)) return null;
    long.push({ above, ...prices });
  }
  return long;
}

/** A factor between two prices as decimal text, where it is the same for input and output; null where it is none. */
export function factorOf(plain: Rates, other: { readonly input: number; readonly output: number }): string | null {
  const text = decimalOf(Number((other.input / plain.input).toFixed(6)));
  return text !== null && text !== "0" && Math.abs(other.output / plain.output - Number(text)) < 1e-6 ? text : null;
}
