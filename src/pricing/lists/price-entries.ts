import { contextClasses, type LongPrices, type PriceRow, type TokenPrices } from "../../model/price.ts";
import type { Tokens } from "../../model/tokens.ts";

/** The prices in one entry of a list, in the unit of the list; undefined where it has none. */
export interface Rates extends Readonly<Partial<Record<keyof Tokens, number | undefined>>> {
  readonly input: number;
  readonly output: number;
}

/** One usable entry of a list. */
export interface PriceEntry {
  /** The seller's name of the model: "us.anthropic.claude-opus-5-5". */
  readonly name: string;
  /** The name with the seller in front: "openrouter/anthropic/claude-opus-5.5". */
  readonly soldAs: string;
  /** Whether the seller is the model's vendor, so that this is the list price. */
  readonly isVendor: boolean;
  readonly row: Omit<PriceRow, "models" | "source">;
}

/** Reasons why an entry is left out. */
export type Unusable =
  "no price per token" | "a price of zero" | "an invalid price" | "an invalid name" | "too many entries";

/**
 * The decimal text of a number times 10 to the power of `shift`, with at most six digits after the point: 5.5e-6 shifted by
 * 6 is "5.5". It shifts the digits of the number as written, without floating-point arithmetic. Null for an invalid price.
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
 * The token prices of an entry, or the reason why there are none. Defaults for missing prices: a one-hour write to Claude's
 * cache costs twice the input (https://platform.claude.com/docs/en/about-claude/pricing); other cache writes and reads cost
 * the same as input.
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
  return isComplete(prices) ? prices : "an invalid price";
}

const isComplete = (prices: Record<keyof TokenPrices, string | null>): prices is Record<keyof TokenPrices, string> =>
  Object.values(prices).every((price) => price !== null);

/** Prices of long prompts by their thresholds in tokens; null where a threshold is not one of contextClasses. */
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

/** The factor between two prices as decimal text; null where it differs between input and output. */
export function factorOf(plain: Rates, other: { readonly input: number; readonly output: number }): string | null {
  const text = decimalOf(Number((other.input / plain.input).toFixed(6)));
  return text !== null && text !== "0" && Math.abs(other.output / plain.output - Number(text)) < 1e-6 ? text : null;
}
