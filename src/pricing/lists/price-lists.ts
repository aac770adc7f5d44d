import { isRegional, modelName } from "../../model/model-name.ts";
import type { PriceRow } from "../../model/price.ts";
import { isFields } from "../../utils/json.ts";
import { isLiteLlm, liteLlmEntry } from "./litellm.ts";
import { isModelsDev, modelsDevEntries } from "./models-dev.ts";
import type { PriceEntry, Unusable } from "./price-entries.ts";

/** Prices from a list that others maintain. */
export interface PriceList {
  /** Name of the list: "LiteLLM". */
  readonly title: string;
  /** Rows by name in lower case: the names in the list, and their `modelName`. */
  readonly models: ReadonlyMap<string, Omit<PriceRow, "models" | "source">>;
  /** The number of entries left out, by reason. */
  readonly unusable: ReadonlyMap<Unusable, number>;
}

/** Entries read at most. */
const MAX_MODELS = 20_000;
const MAX_NAME_LENGTH = 200;
/** Generation of a Claude model; from 4.5 on, regional endpoints cost more. */
const REGIONAL = /^claude-[a-z]+-(\d+)(?:-(\d+))?$/;

/** The prices of LiteLLM's model_prices_and_context_window.json or models.dev's api.json; null where a value is neither. */
export function parsePriceList(value: unknown): PriceList | null {
  if (!isFields(value)) return null;
  const all = Object.entries(value).filter(([name]) => !NOT_MODELS.has(name));
  if (all.some(([, one]) => isLiteLlm(one))) {
    return listOf(
      "LiteLLM",
      all.map(([name, one]) => [name, liteLlmEntry(name.toLowerCase(), one)] as const),
    );
  }
  const providers = all.filter(([, one]) => isModelsDev(one));
  const entries = providers.flatMap(([id, one]) => modelsDevEntries(id, one));
  return entries.length > 0 ? listOf("models.dev", entries) : null;
}

/** LiteLLM entries that are not models: one documents the fields, one groups names. */
const NOT_MODELS = new Set(["sample_spec", "fallback_generalizations"]);

function listOf(title: string, all: readonly (readonly [name: string, found: PriceEntry | Unusable])[]): PriceList {
  const entries: PriceEntry[] = [];
  const unusable = new Map<Unusable, number>();
  for (const [index, [name, found]] of all.entries()) {
    const one = index >= MAX_MODELS ? "too many entries" : isValidName(name) ? found : "an invalid name";
    if (typeof one === "string") unusable.set(one, (unusable.get(one) ?? 0) + 1);
    else entries.push({ ...one, name: one.name.toLowerCase(), soldAs: one.soldAs.toLowerCase() });
  }
  const models = new Map<string, PriceEntry["row"]>();
  // A seller's price applies to the seller's name, whoever made the model.
  for (const { soldAs, row } of entries) if (!models.has(soldAs)) models.set(soldAs, row);
  for (const [name, sold] of Map.groupBy(entries, (one) => modelName(one.name))) {
    const row = listPriceOf(sold);
    if (row) models.set(name, costsMoreInRegions(name) ? { ...row, regional: "1.1" } : row);
    // Bedrock ids include the region, and their price the regional surcharge.
    else for (const one of sold) if (isRegional(one.name)) models.set(one.name, one.row);
  }
  return { title, models, unusable };
}

/** The list price of a model: the vendor's, or the price on which all sellers agree; null where they differ. */
function listPriceOf(sold: readonly PriceEntry[]): PriceEntry["row"] | null {
  const vendor = sold.find(({ isVendor }) => isVendor);
  if (vendor) return vendor.row;
  const [first, ...others] = sold.filter(({ name }) => !isRegional(name));
  const text = JSON.stringify(first?.row);
  return first && others.every(({ row }) => JSON.stringify(row) === text) ? first.row : null;
}

function costsMoreInRegions(name: string): boolean {
  const [, major, minor = "0"] = REGIONAL.exec(name) ?? [];
  return major !== undefined && (Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 5));
}

const isValidName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= MAX_NAME_LENGTH &&
  !/[\0-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069*]/.test(name);
