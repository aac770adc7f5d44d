import table from "../../data/prices.json";
import type { Tokens } from "./tokens.ts";

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
  /** Names as `modelName` gives them; a `*` at the end stands for any rest. */
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
export const contextClasses = [32_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000] as const;

/** Below this no model of Anthropic's ever had a threshold: for them it would only split sums. */
const LEAST_OF_CLAUDE = 100_000;

/** The greatest of `contextClasses` that a prompt of so many tokens is longer than, as far as it matters for a model; 0 for none. */
export const contextClassOf = (promptTokens: number, model: string): number =>
  contextClasses.findLast((tokens) => promptTokens > tokens && (tokens >= LEAST_OF_CLAUDE || !/claude/i.test(model))) ??
  0;

/**
 * A model's name without what says only where it runs, which build it is and how hard it thinks, none of which changes the
 * price: "us.anthropic.claude-opus-4-20250514-v1:0" (Bedrock), "claude-opus-4@20250514" (Vertex), "claude-opus-4-20250514[1m]"
 * and "claude-4-opus-thinking" (Cursor) are all "claude-opus-4"; "openai/gpt-5-2025-08-07" is "gpt-5". What does or may change
 * it stays: "-fast", ":free", and builds of 2024, since those of GPT-4o differ.
 */
export function modelName(raw: string): string {
  const name = raw
    .trim()
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^(?:[a-z-]+\.)?anthropic\./, "");
  return name.startsWith("claude-")
    ? claudeName(name)
    : name
        .replace(/@(?:default|latest)$/, "")
        .replace(/-20(?:2[5-9]|[3-9]\d)-[01]\d-[0-3]\d$/, "")
        .replace(/^((?:gpt-[5-9]|o[34]).*)-(?:none|minimal|low|medium|high|xhigh)$/, "$1");
}

const claudeName = (name: string): string =>
  name
    .replace(/\[\d+m\]/g, "")
    .replace(/@(?:\d{8}|default|latest)$/, "")
    .replace(/-v\d+(?::\d+)?(?::\d+k)?$/, "")
    .replace(/-(?:20\d{6}|latest)$/, "")
    .replace(/[-:](?:thinking|thought)$/, "")
    .replace(/(\d)\.(?=\d)/, "$1-")
    .replace(/^claude-([4-9](?:-\d)?)-([a-z]+)(?:-(?:low|medium|high|xhigh|max))?$/, "claude-$2-$1");

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

/** The rows that come with the program. */
export const builtInRows: readonly PriceRow[] = table.rows;

const startOf = ({ from }: PriceRow): number => (from === null ? 0 : Date.parse(from));

/** Whether a row's models hold a name that `modelName` gave. */
export const covers = (models: readonly string[], name: string): boolean =>
  models.some((model) => (model.endsWith("*") ? name.startsWith(model.slice(0, -1)) : name === model));

/** Prices by model, day and variant; the user's own rows win over those that come with the program. */
export class PriceTable {
  readonly #own: readonly PriceRow[];
  /** By raw name: the rows that could hold and when they began (epoch ms), the first that has begun does. */
  readonly #rows = new Map<string, readonly { readonly row: PriceRow; readonly start: number }[]>();
  readonly #prices = new Map<PriceRow, Map<string, Price>>();

  constructor(own: readonly PriceRow[] = []) {
    this.#own = own;
  }

  /** The row that holds for a model, by any of its names, at a time (epoch ms); null when it has no price. */
  rowOf(model: string, atMs: number): PriceRow | null {
    let rows = this.#rows.get(model);
    if (!rows) {
      const name = modelName(model);
      const newestFirst = (some: readonly PriceRow[]) =>
        some
          .filter(({ models }) => covers(models, name))
          .map((row) => ({ row, start: startOf(row) }))
          .toSorted((a, b) => b.start - a.start);
      rows = [...newestFirst(this.#own), ...newestFirst(builtInRows)];
      this.#rows.set(model, rows);
    }
    return rows.find(({ start }) => start <= atMs)?.row ?? null;
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

/** As Claude Code does it: fast before long, then the factors on tokens of the tier, which it never needs, and of the region. */
function resolve(row: PriceRow, { speed, tier, region, long }: Variant): Price {
  const longPrices = row.long?.findLast(({ above }) => long >= above);
  const prices: TokenPrices = (speed === "fast" ? row.fast : undefined) ?? longPrices ?? row;
  const factors = [factorOf(row.tiers, tier === "fast" ? "priority" : tier), factorOf(row.regions, region)];
  const perToken = (text: string): bigint =>
    factors.reduce((pico, factor) => divide(pico * factor, MICRO), millionths(text));
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
