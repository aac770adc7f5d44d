import table from "../../data/prices.json" with { type: "text" };
import { isRegional, likelyModels, modelName } from "./model-name.ts";
import { byTokenClass, type Tokens } from "./tokens.ts";

export { modelName } from "./model-name.ts";

/** Who stated the cost of usage: nobody, the assistant as charged, or the assistant as an estimate from its own prices. */
export const CostKind = { none: 0, charged: 1, estimated: 2 } as const;
/** A value of CostKind. */
export type CostKind = (typeof CostKind)[keyof typeof CostKind];

/** Prices per class of tokens, in dollars per million tokens, as decimal text ("0.125") to keep all digits. */
export type TokenPrices = Readonly<Record<keyof Tokens, string>>;

/** Prices for prompts longer than `above` tokens. */
export interface LongPrices extends TokenPrices {
  readonly above: number;
}

/** Factors as decimal text, by name. */
type Factors = Readonly<Record<string, string>>;

/** Prices of some models from a day on, until a later row for the same model. */
export interface PriceRow extends TokenPrices {
  /**
   * Names in the form of `modelName`; `*` matches any text, also none, and such patterns are compared with raw names
   * too.
   */
  readonly models: readonly string[];
  /** The first day, UTC, as YYYY-MM-DD; null if the prices have always applied. */
  readonly from: string | null;
  /** Prices of the whole request if its prompt exceeds `above` tokens, one of `contextClasses`; ascending. */
  readonly long?: readonly LongPrices[];
  /** Prices of the whole request in fast mode, whatever its length. Without them fast costs the same as standard. */
  readonly fast?: TokenPrices;
  /** Dollars per thousand web searches, if the model's vendor charges for them; not affected by tier or region. */
  readonly webSearch?: string;
  /** Factors on all tokens, by service tier: "batch", "flex", "priority". */
  readonly tiers?: Factors;
  /** Factors on all tokens, by `usage.inference_geo`. */
  readonly regions?: Factors;
  /**
   * Factor on all tokens if the name refers to a regional endpoint (see `isRegional`); missing if it costs the same.
   */
  readonly regional?: string;
  /** Source of the prices. */
  readonly source: string;
}

/** Properties of a response that affect its price, besides model and day. */
export interface Variant {
  /** `usage.speed`: "fast"; any other value means standard. */
  readonly speed: string;
  /**
   * `usage.service_tier`: "batch", "flex", "priority" or OpenAI's "fast" (since 2026-07-30); any other means standard.
   */
  readonly tier: string;
  /** `usage.inference_geo`: "us", "global", "not_available", ... */
  readonly region: string;
  /** The class of the prompt's length, from `contextClassOf`. */
  readonly long: number;
  /** Whether the model's name refers to a regional endpoint. */
  readonly isRegional?: boolean;
}

/** A response without surcharges or discounts. */
export const standard: Variant = { speed: "standard", tier: "standard", region: "global", long: 0 };

/** Prices in pico-dollars: per token of each class, and per web search. */
export type Price = Readonly<Record<keyof Tokens | "webSearch", bigint>>;

/** Where a row comes from: the user's own file, the program, or a list imported by the user. */
export type PriceOrigin = "own" | "built-in" | "imported";

/** The row that applies to a model at a time. */
export interface PricedModel {
  readonly row: PriceRow;
  readonly origin: PriceOrigin;
  /** The model of the row if its price is used as an estimate, because no row has this model's name; else null. */
  readonly estimatedAs: string | null;
  /** Properties of the variant that the model's name contains. */
  readonly isFast: boolean;
  readonly isRegional: boolean;
}

/** A row in a list of prices. */
export interface ListedRow {
  readonly row: PriceRow;
  /** The models of the row that it currently applies to. */
  readonly models: readonly string[];
  /** The first day, UTC, on which later rows apply to all of these models; null if there is none. */
  readonly until: string | null;
  readonly origin: PriceOrigin;
}

/** Prices of a list that the user imported. */
export interface ImportedRows {
  /** The row for a raw name in lower case, else for its `modelName`; null if there is none. */
  find(raw: string, name: string): PriceRow | null;
  /** The first problem found in the list so far, as a sentence; null if there is none. */
  readonly problem: string | null;
}

const NO_ROWS: ImportedRows = { find: () => null, problem: null };

/** Prompt lengths, in tokens, above which some model has another price; ascending. */
export const contextClasses = [32_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000] as const;

/** No Anthropic model has a threshold below this; smaller classes would only split its sums. */
const MIN_CLAUDE_THRESHOLD = 100_000;

/** The largest of `contextClasses` that is smaller than a prompt's length, if it can matter for the model; else 0. */
export const contextClassOf = (promptTokens: number, model: string): number =>
  contextClasses.findLast(
    (tokens) => promptTokens > tokens && (tokens >= MIN_CLAUDE_THRESHOLD || !/claude/i.test(model)),
  ) ?? 0;

const MICROS = 1_000_000n;

/** Decimal text with at most six decimal places, in millionths: "0.125" is 125000. */
function millionths(text: string): bigint {
  const [whole = "", part = ""] = text.split(".");
  return BigInt(whole + part.padEnd(6, "0"));
}

/** Rounds half up, also below zero. */
function divide(value: bigint, by: bigint): bigint {
  const shifted = value + by / 2n;
  const quotient = shifted / by;
  return shifted < 0n && shifted % by !== 0n ? quotient - 1n : quotient;
}

/** The cost of tokens and web searches in pico-dollars. The cost of a sum equals the sum of the costs. */
export function costOf(tokens: Tokens, webSearches: number, price: Price): bigint {
  const { input, output, cacheWrite5m, cacheWrite1h, cacheRead } = tokens;
  return (
    BigInt(input) * price.input +
    BigInt(output) * price.output +
    BigInt(cacheWrite5m) * price.cacheWrite5m +
    BigInt(cacheWrite1h) * price.cacheWrite1h +
    BigInt(cacheRead) * price.cacheRead +
    BigInt(webSearches) * price.webSearch
  );
}

/** Pico-dollars as whole micro-dollars, rounded half up. Applied once, after all additions. */
export const microsOf = (pico: bigint): number => Number(divide(pico, MICROS));

/**
 * The price of a row for a variant, by the rules of Claude Code: fast mode takes precedence over long prompts; then the
 * factors for tier (which Claude Code never needs) and region are applied to token prices. Rounded once, after all
 * factors, to whole pico-dollars per token.
 */
function resolve(row: PriceRow, { speed, tier, region, long, isRegional = false }: Variant): Price {
  const longPrices = row.long?.findLast(({ above }) => long >= above);
  const prices: TokenPrices = (speed === "fast" ? row.fast : undefined) ?? longPrices ?? row;
  const tierFactor = factorOf(row.tiers, tier === "fast" ? "priority" : tier);
  const factor = tierFactor * placeFactor(row, region, isRegional);
  const perToken = (text: string): bigint => divide(millionths(text) * factor, MICROS * MICROS);
  return {
    ...byTokenClass((name) => perToken(prices[name])),
    webSearch: millionths(row.webSearch ?? "0") * 1_000n,
  };
}

/** A factor in millionths. Names come from outside and may equal a property of Object.prototype. */
const factorOf = (factors: Factors | undefined, name: string): bigint =>
  millionths((factors && Object.hasOwn(factors, name) ? factors[name] : undefined) ?? "1");

/** The model's name and the response may both state the region; the surcharge is applied once. */
function placeFactor({ regions, regional = "1" }: PriceRow, region: string, isRegional: boolean): bigint {
  const reported = factorOf(regions, region);
  const named = millionths(isRegional ? regional : "1");
  return reported > named ? reported : named;
}

let parsedRows: readonly PriceRow[] | null = null;

/** The built-in rows. Importing them as text and parsing on use makes loading a millisecond faster. */
export function builtInRows(): readonly PriceRow[] {
  return (parsedRows ??= (JSON.parse(table as unknown as string) as { rows: PriceRow[] }).rows);
}

const startOf = ({ from }: PriceRow): number => (from === null ? 0 : Date.parse(from));

/** Whether a row's models include a name: one from `modelName`, or a raw name in lower case. */
export const covers = (models: readonly string[], name: string): boolean =>
  models.some((model) => (model.includes("*") ? matches(model.split("*"), name) : name === model));

/** Whether a text contains the parts of a pattern in order, the first at the start and the last at the end. */
function matches(parts: readonly string[], text: string): boolean {
  const [first = "", ...others] = parts;
  const last = others.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/** A row that may apply, and since when (epoch milliseconds). */
type Candidate = PricedModel & { readonly start: number };

/** Prices by model, day and variant. The user's own rows come before built-in ones, and those before imported ones. */
export class PriceTable {
  readonly #own: readonly PriceRow[];
  readonly imported: ImportedRows;
  /** Rows by raw name; the first one that has started applies. */
  readonly #candidates = new Map<string, readonly Candidate[]>();
  readonly #prices = new Map<PricedModel, Map<string, Price>>();

  constructor(own: readonly PriceRow[] = [], imported: ImportedRows = NO_ROWS) {
    this.#own = own;
    this.imported = imported;
  }

  /** The row that applies to a model, by any of its names, at a time (epoch milliseconds); null if it has no price. */
  find(model: string, atMs: number): PricedModel | null {
    let candidates = this.#candidates.get(model);
    if (!candidates) this.#candidates.set(model, (candidates = this.#candidatesOf(model)));
    return candidates.find(({ start }) => start <= atMs) ?? null;
  }

  /** The price per token of a response of a model at a time (epoch milliseconds); null if the model has no price. */
  priceOf(model: string, atMs: number, variant: Variant = standard): Price | null {
    const found = this.find(model, atMs);
    return found && this.priceFrom(found, variant);
  }

  /** The price per token of a variant, given the row found for its model. */
  priceFrom(found: PricedModel, { speed, tier, region, long }: Variant): Price {
    let prices = this.#prices.get(found);
    if (!prices) this.#prices.set(found, (prices = new Map()));
    const key = `${speed}\n${tier}\n${region}\n${long}`;
    let price = prices.get(key);
    if (!price) {
      const { row, isFast, isRegional: isNamed } = found;
      const named = isFast ? { speed: "fast", tier: tier === "standard" ? "fast" : tier } : { speed, tier };
      prices.set(key, (price = resolve(row, { ...named, region, long, isRegional: isNamed })));
    }
    return price;
  }

  #candidatesOf(model: string): Candidate[] {
    const place = isRegional(model);
    const direct = this.#rowsOf(model, modelName(model));
    if (direct.length > 0)
      return direct.map((one) => ({ ...one, estimatedAs: null, isFast: false, isRegional: place }));
    for (const { name, isFast } of likelyModels(model)) {
      const likely = this.#rowsOf(name, name);
      if (likely.length > 0) return likely.map((one) => ({ ...one, estimatedAs: name, isFast, isRegional: place }));
    }
    return [];
  }

  /** Rows for a name. Of the user's own rows those with the exact name come before patterns; then the newest first. */
  #rowsOf(raw: string, name: string): Pick<Candidate, "row" | "origin" | "start">[] {
    const lower = raw.trim().toLowerCase();
    const isNamed = ({ models }: PriceRow): boolean => models.includes(name) || models.includes(lower);
    const own = this.#own.filter(({ models }) => covers(models, name) || covers(models, lower));
    const builtIn = builtInRows().filter(({ models }) => models.includes(name));
    const isKnown = [...own, ...builtIn].some(({ from }) => from === null);
    const imported = isKnown ? null : this.imported.find(lower, name);
    const found = (origin: PriceOrigin, rows: readonly PriceRow[]) =>
      rows
        .map((row) => ({ row, origin, start: startOf(row) }))
        .toSorted((a, b) => +isNamed(b.row) - +isNamed(a.row) || b.start - a.start);
    return [...found("own", own), ...found("built-in", builtIn), ...found("imported", imported ? [imported] : [])];
  }

  /** The user's own and the built-in rows, in order; with a time (epoch milliseconds), only those that apply then. */
  list(atMs?: number): ListedRow[] {
    const listed = (origin: PriceOrigin, rows: readonly PriceRow[]): ListedRow[] =>
      rows.map((row) => ({ row, models: row.models, until: untilOf(row, rows), origin }));
    return [...listed("own", this.#own), ...listed("built-in", builtInRows())]
      .map((one) =>
        atMs === undefined
          ? one
          : { ...one, models: one.models.filter((model) => this.find(model, atMs)?.row === one.row) },
      )
      .filter(({ models }) => models.length > 0);
  }
}

/** The day from which later rows apply to all of the row's models, or null. */
function untilOf(row: PriceRow, rows: readonly PriceRow[]): string | null {
  const later = rows.filter((other) => startOf(other) > startOf(row)).toSorted((a, b) => startOf(a) - startOf(b));
  const ends = row.models.map((model) => later.find(({ models }) => models.includes(model)));
  const last = ends.reduce((a, b) => (a && b ? (startOf(a) > startOf(b) ? a : b) : undefined));
  return last?.from ?? null;
}
