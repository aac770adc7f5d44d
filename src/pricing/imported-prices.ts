import type { ImportedRows, LongPrices, PriceRow, TokenPrices } from "../model/price.ts";
import { tokenClasses } from "../model/tokens.ts";
import { messageOf } from "../utils/errors.ts";
import { readOwn } from "../utils/files.ts";
import { type Fields, fields, isFields, listOf, parse, text } from "../utils/json.ts";

/** The file with the prices that `pawprint prices import` saved, below ~/.claude/pets. */
export const IMPORTED_PRICES = "imported-prices.json";
/** Maximum size of the file; a list of all models on sale is a tenth of it. */
const MAX_BYTES = 16 * 1_048_576;
const VERSION = 1;

/** An imported list as saved: rows by model name. */
export interface ImportedList {
  readonly title: string;
  /** The name of the file that it was imported from. */
  readonly file: string;
  /** YYYY-MM-DD, UTC. */
  readonly importedOn: string;
  readonly models: Readonly<Record<string, Omit<PriceRow, "models" | "source">>>;
}

/** Encodes a list for the file; null where it exceeds the maximum size. */
export function encodeList(list: ImportedList): string | null {
  const text = `${JSON.stringify({ version: VERSION, ...list })}\n`;
  return Buffer.byteLength(text) > MAX_BYTES ? null : text;
}

/** The imported prices. The file is read at the first lookup, since most users never need it. */
export class ImportedPrices implements ImportedRows {
  readonly #path: string;
  #list: ImportedList | null | undefined;
  #problem: string | null = null;

  constructor(pets: string) {
    this.#path = `${pets}/${IMPORTED_PRICES}`;
  }

  /** The list; null where none was imported or it cannot be read, see `problem`. */
  get list(): ImportedList | null {
    return this.#list === undefined ? (this.#list = this.#read()) : this.#list;
  }

  /** The problem with the file, as a sentence; null where there is none or the file was not read yet. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The row for a raw name in lower case, else for its `modelName`; null without one. */
  find(raw: string, name: string): PriceRow | null {
    if (this.list === null) return null;
    const { title, file, importedOn, models } = this.list;
    const key = [raw, name].find((one) => Object.hasOwn(models, one));
    if (key === undefined) return null;
    const row = rowOf(models[key]);
    if (row) return { ...row, models: [key], source: `${file} (${title}), imported on ${importedOn}` };
    this.#problem = `${this.#path} is damaged: import it again with pawprint prices import`;
    return null;
  }

  #read(): ImportedList | null {
    try {
      const content = readOwn(this.#path, MAX_BYTES);
      if (content === null) return null;
      const value = parse(content);
      const list = value?.["version"] === VERSION ? listFrom(value) : null;
      if (!list) this.#problem = `${this.#path} is damaged: import it again with pawprint prices import`;
      return list;
    } catch (error) {
      this.#problem = `${this.#path} cannot be read: ${messageOf(error)}`;
      return null;
    }
  }
}

function listFrom(value: Fields): ImportedList | null {
  const [title, file, importedOn] = ["title", "file", "importedOn"].map((name) => text(value[name], 300));
  const { models } = value;
  if (!title || !file || !importedOn || !isFields(models)) return null;
  return { title, file, importedOn, models: models as ImportedList["models"] };
}

const DECIMAL = /^\d{1,6}(?:\.\d{1,6})?$/;
const isDecimal = (value: unknown): value is string => typeof value === "string" && DECIMAL.test(value);

/** Validates a row again, since the file may be damaged. Null where one of its prices is invalid. */
function rowOf(value: unknown): Omit<PriceRow, "models" | "source"> | null {
  const row = fields(value);
  const prices = pricesIn(row);
  const long = listOf(row["long"]).map((one) => {
    const rates = pricesIn(one);
    return rates && typeof one["above"] === "number" ? { ...rates, above: one["above"] } : null;
  });
  if (!prices || long.includes(null)) return null;
  const fast = isFields(row["fast"]) ? pricesIn(row["fast"]) : undefined;
  if (fast === null) return null;
  const { webSearch, regional } = row;
  return {
    from: null,
    ...prices,
    ...(long.length > 0 && { long: long as LongPrices[] }),
    ...(fast && { fast }),
    ...(isDecimal(webSearch) && { webSearch }),
    ...(isDecimal(regional) && { regional }),
    tiers: factorsIn(row["tiers"]),
    regions: factorsIn(row["regions"]),
  };
}

function pricesIn(row: Fields): TokenPrices | null {
  const prices = tokenClasses.map((name) => [name, row[name]] as const);
  return prices.every(([, price]) => isDecimal(price)) ? (Object.fromEntries(prices) as unknown as TokenPrices) : null;
}

const factorsIn = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields(value)).flatMap(([name, factor]) => (isDecimal(factor) ? [[name, factor] as const] : [])),
  );
