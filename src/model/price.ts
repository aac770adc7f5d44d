import table from "../../data/prices.json";
import { tokenClasses, type Tokens } from "./tokens.ts";

/** One price per class of tokens, in dollars per million as decimal text ("0.125"), so that no digit is lost. */
export type TokenPrices = Readonly<Record<keyof Tokens, string>>;

/** What some models cost from a day on, until a later row for the same model. */
export interface PriceRow extends TokenPrices {
  /** Names as `modelName` gives them; a `*` at the end stands for any rest. */
  readonly models: readonly string[];
  /** The first day, UTC, as YYYY-MM-DD; null for ever before. */
  readonly from: string | null;
  /** Prices of the whole request when its prompt is longer than `above` tokens, which is one of `contextClasses`. */
  readonly long?: TokenPrices & { readonly above: number };
  /** Prices of the whole request in fast mode, whatever its length; without them fast costs what standard costs. */
  readonly fast?: TokenPrices;
  /** Dollars per thousand web searches; neither batch nor region changes them. */
  readonly webSearch: string;
  /** Factor on all tokens of a batch. */
  readonly batch?: string;
  /** Factors on all tokens by `usage.inference_geo`. */
  readonly regions?: Readonly<Record<string, string>>;
  /** What the row was taken from. */
  readonly source: string;
}

/** What the price of a response depends on besides model and day. */
export interface Variant {
  /** `usage.speed`: "fast", or anything else for standard. */
  readonly speed: string;
  /** `usage.service_tier`: "batch", or anything else for standard; the price of "priority" is not public. */
  readonly tier: string;
  /** `usage.inference_geo`: "us", "global", "not_available", ... */
  readonly region: string;
  /** The prompt's class as `contextClassOf` gives it. */
  readonly long: number;
}

/** A response that nothing makes dearer or cheaper. */
export const standard: Variant = { speed: "standard", tier: "standard", region: "global", long: 0 };

/** Prices in pico-dollars: of one token of each class, and of one web search. */
export type Price = Readonly<Record<keyof Tokens | "webSearch", bigint>>;

/** A row as it is shown. */
export interface ListedRow {
  readonly row: PriceRow;
  /** The row's models that it holds for. */
  readonly models: readonly string[];
  /** The first day, UTC, on which a later row holds for all of them; null when none does. */
  readonly until: string | null;
  /** Whether it is the user's own. */
  readonly own: boolean;
}

/** Lengths of a prompt, in tokens, above which some model has another price; ascending. */
export const contextClasses = [100_000, 128_000, 200_000, 256_000, 272_000, 512_000] as const;

/** The greatest of `contextClasses` that a prompt of so many tokens is longer than, 0 for none. */
export const contextClassOf = (promptTokens: number): number =>
  contextClasses.findLast((tokens) => promptTokens > tokens) ?? 0;

/**
 * A model's name without what says only where it runs and which build it is: "us.anthropic.claude-opus-4-20250514-v1:0"
 * (Bedrock), "claude-opus-4@20250514" (Vertex) and "claude-opus-4-20250514[1m]" are all "claude-opus-4".
 */
export const modelName = (raw: string): string =>
  raw
    .trim()
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^(?:[a-z-]+\.)?anthropic\./, "")
    .replace(/\[\d+m\]/g, "")
    .replace(/@(?:\d{8}|default|latest)$/, "")
    .replace(/-v\d+(?::\d+)?(?::\d+k)?$/, "")
    .replace(/-(?:20\d{6}|latest)$/, "")
    .replace(/(\d)\.(?=\d)/, "$1-");

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
  let pico = BigInt(webSearches) * price.webSearch;
  for (const name of tokenClasses) pico += BigInt(tokens[name]) * price[name];
  return pico;
}

/** Pico-dollars as whole micro-dollars, rounded half up: the last step, after all adding. */
export const microsOf = (pico: bigint): number => Number(divide(pico, MICRO));

/** The rows that come with the program. */
export const builtInRows: readonly PriceRow[] = table.rows;

const startOf = ({ from }: PriceRow): number => (from === null ? 0 : Date.parse(from));

/** Whether a row's models hold a name that `modelName` gave. */
export const covers = (models: readonly string[], name: string): boolean =>
  models.some((model) => (model.endsWith("*") ? name.startsWith(model.slice(0, -1)) : name === model));

/** Prices by model, day and variant; the user's own rows win over those that come with the program. */
export class PriceTable {
  readonly #own: readonly PriceRow[];
  /** By raw name: the rows that could hold, the first that has begun does. */
  readonly #rows = new Map<string, readonly PriceRow[]>();
  readonly #prices = new Map<PriceRow, Map<string, Price>>();

  constructor(own: readonly PriceRow[] = []) {
    this.#own = own;
  }

  /** The row that holds for a model, by any of its names, at a time (epoch ms); null when it has no price. */
  rowOf(model: string, atMs: number): PriceRow | null {
    let rows = this.#rows.get(model);
    if (!rows) {
      const name = modelName(model);
      const newestFirst = (some: readonly PriceRow[]): PriceRow[] =>
        some.filter(({ models }) => covers(models, name)).toSorted((a, b) => startOf(b) - startOf(a));
      rows = [...newestFirst(this.#own), ...newestFirst(builtInRows)];
      this.#rows.set(model, rows);
    }
    return rows.find((row) => startOf(row) <= atMs) ?? null;
  }

  /** What a response of that model, time (epoch ms) and kind costs by the token; null when the model has no price. */
  priceOf(model: string, atMs: number, variant: Variant = standard): Price | null {
    const row = this.rowOf(model, atMs);
    if (!row) return null;
    const { speed, tier, region, long } = variant;
    let prices = this.#prices.get(row);
    if (!prices) this.#prices.set(row, (prices = new Map()));
    const key = `${speed}\n${tier}\n${region}\n${long}`;
    let price = prices.get(key);
    if (!price) prices.set(key, (price = resolve(row, variant)));
    return price;
  }

  /** All rows in their order, the user's own first; with a time (epoch ms), only what holds then. */
  list(atMs?: number): ListedRow[] {
    return [this.#own, builtInRows]
      .flatMap((rows, index) =>
        rows.map((row) => ({ row, models: row.models, until: untilOf(row, rows), own: index === 0 })),
      )
      .map((listed) =>
        atMs === undefined
          ? listed
          : { ...listed, models: listed.models.filter((model) => this.rowOf(model, atMs) === listed.row) },
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

/** As Claude Code does it: fast before long, then the region's factor on tokens; and the batch discount, which it never needs. */
function resolve(row: PriceRow, { speed, tier, region, long }: Variant): Price {
  const longPrices = row.long && long >= row.long.above ? row.long : undefined;
  const prices: TokenPrices = (speed === "fast" ? row.fast : undefined) ?? longPrices ?? row;
  const factors = [tier === "batch" ? row.batch : undefined, row.regions?.[region]].map((text) =>
    millionths(text ?? "1"),
  );
  const perToken = (text: string): bigint =>
    factors.reduce((pico, factor) => divide(pico * factor, MICRO), millionths(text));
  return {
    input: perToken(prices.input),
    output: perToken(prices.output),
    cacheWrite5m: perToken(prices.cacheWrite5m),
    cacheWrite1h: perToken(prices.cacheWrite1h),
    cacheRead: perToken(prices.cacheRead),
    webSearch: millionths(row.webSearch) * 1_000n,
  };
}
