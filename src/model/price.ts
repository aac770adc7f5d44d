import table from "../../data/prices.json" with { type: "text" };
import { isRegional, likelyModels, modelName } from "./model-name.ts";
import type { Tokens } from "./tokens.ts";

export { modelName } from "./model-name.ts";

/** One price per class of tokens, in dollars per million as decimal text ("0.125"), so that no digit is lost. */
export type TokenPrices = Readonly<Record<keyof Tokens, string>>;

/** What a prompt longer than `above` tokens costs. */
export interface LongPrices extends TokenPrices {
  readonly above: number;
}

/** Decimal text by name. */
type Factors = Readonly<Record<string, string>>;

/** What some models cost from a day on, until a later row for the same model. */
export interface PriceRow extends TokenPrices {
  /** Names as `modelName` gives them; a `*` stands for any text, also none, and names with one are compared with raw ones as well. */
  readonly models: readonly string[];
  /** The first day, UTC, as YYYY-MM-DD; null for ever before. */
  readonly from: string | null;
  /** Prices of the whole request when its prompt is longer than `above` tokens, which are of `contextClasses`; ascending. */
  readonly long?: readonly LongPrices[];
  /** Prices of the whole request in fast mode, whatever its length; without them fast costs what standard costs. */
  readonly fast?: TokenPrices;
  /** Dollars per thousand web searches, where the model's maker sells them; neither tier nor region changes them. */
  readonly webSearch?: string;
  /** Factors on all tokens by service tier: "batch", "flex", "priority". */
  readonly tiers?: Factors;
  /** Factors on all tokens by `usage.inference_geo`. */
  readonly regions?: Factors;
  /** Factor on all tokens where the model's name tells an endpoint in a region: see `isRegional`. None where it costs the same. */
  readonly regional?: string;
  /** What the row was taken from. */
  readonly source: string;
}

/** What the price of a response depends on besides model and day. */
export interface Variant {
  /** `usage.speed`: "fast", or anything else for standard. */
  readonly speed: string;
  /** `usage.service_tier`: "batch", "flex", "priority" or "fast", as OpenAI calls it since 2026-07-30; any other is standard. */
  readonly tier: string;
  /** `usage.inference_geo`: "us", "global", "not_available", ... */
  readonly region: string;
  /** The prompt's class as `contextClassOf` gives it. */
  readonly long: number;
  /** The model's name tells an endpoint in a region. */
  readonly isRegional?: boolean;
}

/** A response that nothing makes dearer or cheaper. */
export const standard: Variant = { speed: "standard", tier: "standard", region: "global", long: 0 };

/** Prices in pico-dollars: of one token of each class, and of one web search. */
export type Price = Readonly<Record<keyof Tokens | "webSearch", bigint>>;

/** Where a row is from: the user's own file, the program, or a list that the user imported. */
export type PriceOrigin = "own" | "built-in" | "imported";

/** The row that holds for a model at a time. */
export interface PricedModel {
  readonly row: PriceRow;
  readonly origin: PriceOrigin;
  /** The model of the row, where no row has this one's name and its price is an estimate; null where a row has it. */
  readonly estimatedAs: string | null;
  /** What the name tells of the variant. */
  readonly isFast: boolean;
  readonly isRegional: boolean;
}

/** A row as it is shown. */
export interface ListedRow {
  readonly row: PriceRow;
  /** The row's models that it holds for. */
  readonly models: readonly string[];
  /** The first day, UTC, on which a later row holds for all of them; null when none does. */
  readonly until: string | null;
  readonly origin: PriceOrigin;
}

/** Prices of a list that the user imported. */
export interface ImportedRows {
  /** The row for a raw name in lower case, else for what `modelName` makes of it; null where there is none. */
  find(raw: string, name: string): PriceRow | null;
  /** What is wrong with the list, in a sentence, as far as it was asked; null where nothing is. */
  readonly problem: string | null;
}

const NO_ROWS: ImportedRows = { find: () => null, problem: null };

/** Lengths of a prompt, in tokens, above which some model has another price; ascending. */
export const contextClasses = [32_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000] as const;

/** Below this no model of Anthropic's ever had a threshold: for them it would only split sums. */
const LEAST_OF_CLAUDE = 100_000;

/** The greatest of `contextClasses` that a prompt of so many tokens is longer than, as far as it matters for a model; 0 for none. */
export const contextClassOf = (promptTokens: number, model: string): number =>
  contextClasses.findLast((tokens) => promptTokens > tokens && (tokens >= LEAST_OF_CLAUDE || !/claude/i.test(model))) ??
  0;

const MICRO = 1_000_000n;

/** Decimal text with at most six digits after the point, in millionths: "0.125" is 125000. */
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

/** What the tokens and the web searches cost at a price, in pico-dollars. Sums of costs are costs of sums. */
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

/** Pico-dollars as whole micro-dollars, rounded half up: the last step, after all adding. */
export const microsOf = (pico: bigint): number => Number(divide(pico, MICRO));

/**
 * The price of a row for a variant, as Claude Code does it: fast before long, then the factors on tokens of the tier, which
 * it never needs, and of the place. It is rounded once, after all factors, to whole pico-dollars a token.
 */
function resolve(row: PriceRow, { speed, tier, region, long, isRegional = false }: Variant): Price {
  const longPrices = row.long?.findLast(({ above }) => long >= above);
  const prices: TokenPrices = (speed === "fast" ? row.fast : undefined) ?? longPrices ?? row;
  const tierFactor = factorOf(row.tiers, tier === "fast" ? "priority" : tier);
  const factor = tierFactor * placeFactor(row, region, isRegional);
  const perToken = (text: string): bigint => divide(millionths(text) * factor, MICRO * MICRO);
  return {
    input: perToken(prices.input),
    output: perToken(prices.output),
    cacheWrite5m: perToken(prices.cacheWrite5m),
    cacheWrite1h: perToken(prices.cacheWrite1h),
    cacheRead: perToken(prices.cacheRead),
    webSearch: millionths(row.webSearch ?? "0") * 1_000n,
  };
}

/** In millionths; names come from outside, and one may be that of a property of all objects. */
const factorOf = (factors: Factors | undefined, name: string): bigint =>
  millionths((factors && Object.hasOwn(factors, name) ? factors[name] : undefined) ?? "1");

/** The name and the response may both tell the place: it is paid for once. */
function placeFactor({ regions, regional = "1" }: PriceRow, region: string, isRegional: boolean): bigint {
  const told = factorOf(regions, region);
  const named = millionths(isRegional ? regional : "1");
  return told > named ? told : named;
}

let parsedRows: readonly PriceRow[] | null = null;

/** The rows that come with the program. As text, which is parsed where a price is asked for, they take a millisecond less to load. */
export function builtInRows(): readonly PriceRow[] {
  return (parsedRows ??= (JSON.parse(table as unknown as string) as { rows: PriceRow[] }).rows);
}

const startOf = ({ from }: PriceRow): number => (from === null ? 0 : Date.parse(from));

/** Whether a row's models hold a name: one that `modelName` gave, or a raw one in lower case. */
export const covers = (models: readonly string[], name: string): boolean =>
  models.some((model) => (model.includes("*") ? matches(model.split("*"), name) : name === model));

/** Whether a text holds the parts of a pattern in their order, the first at its beginning and the last at its end. */
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

/** A row that could hold, and since when (epoch ms). */
type Candidate = PricedModel & { readonly start: number };

/** Prices by model, day and variant; the user's own rows win over those of the program, and these over an imported list. */
export class PriceTable {
  readonly #own: readonly PriceRow[];
  readonly imported: ImportedRows;
  /** By raw name; the first that has begun holds. */
  readonly #candidates = new Map<string, readonly Candidate[]>();
  readonly #prices = new Map<PricedModel, Map<string, Price>>();

  constructor(own: readonly PriceRow[] = [], imported: ImportedRows = NO_ROWS) {
    this.#own = own;
    this.imported = imported;
  }

  /** The row that holds for a model, by any of its names, at a time (epoch ms); null when it has no price. */
  find(model: string, atMs: number): PricedModel | null {
    let candidates = this.#candidates.get(model);
    if (!candidates) this.#candidates.set(model, (candidates = this.#candidatesOf(model)));
    return candidates.find(({ start }) => start <= atMs) ?? null;
  }

  /** What a response of that model, time (epoch ms) and kind costs by the token; null when the model has no price. */
  priceOf(model: string, atMs: number, variant: Variant = standard): Price | null {
    const found = this.find(model, atMs);
    return found && this.priceFrom(found, variant);
  }

  /** What a response of a kind costs by the token, by what was found for its model. */
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

  /** Rows that have a name: of the user's own those that name it before those with a star, then the newest first. */
  #rowsOf(raw: string, name: string): Pick<Candidate, "row" | "origin" | "start">[] {
    const lower = raw.trim().toLowerCase();
    const isNamed = ({ models }: PriceRow): boolean => models.includes(name) || models.includes(lower);
    const own = this.#own.filter(({ models }) => covers(models, name) || covers(models, lower));
    const built = builtInRows().filter(({ models }) => models.includes(name));
    const isKnown = [...own, ...built].some(({ from }) => from === null);
    const imported = isKnown ? null : this.imported.find(lower, name);
    const found = (origin: PriceOrigin, rows: readonly PriceRow[]) =>
      rows
        .map((row) => ({ row, origin, start: startOf(row) }))
        .toSorted((a, b) => +isNamed(b.row) - +isNamed(a.row) || b.start - a.start);
    return [...found("own", own), ...found("built-in", built), ...found("imported", imported ? [imported] : [])];
  }

  /** Rows of the user's own and of the program, in their order; with a time (epoch ms), only what holds then. */
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

/** The day on which later rows have taken over for all of the row's models, or null. */
function untilOf(row: PriceRow, rows: readonly PriceRow[]): string | null {
  const later = rows.filter((other) => startOf(other) > startOf(row)).toSorted((a, b) => startOf(a) - startOf(b));
  const ends = row.models.map((model) => later.find(({ models }) => models.includes(model)));
  const last = ends.reduce((a, b) => (a && b ? (startOf(a) > startOf(b) ? a : b) : undefined));
  return last?.from ?? null;
}
