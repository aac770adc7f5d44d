import { isRegional, modelName } from "../../model/model-name.ts";
import type { PriceRow } from "../../model/price.ts";
import { isFields } from "../../utils/json.ts";
import { isLiteLlm, liteLlmEntry } from "./litellm.ts";
import { isModelsDev, modelsDevEntries } from "./models-dev.ts";
import type { PriceEntry, Unusable } from "./price-entries.ts";

/** Prices of a list that somebody else keeps. */
export interface PriceList {
  /** Whose it is: "LiteLLM". */
  readonly title: string;
  /** Rows by the names that they hold for, in lower case: the list's own, and what `modelName` makes of them. */
  readonly models: ReadonlyMap<string, Omit<PriceRow, "models" | "source">>;
  /** How many entries were left out, by the reason. */
  readonly unusable: ReadonlyMap<Unusable, number>;
}

/** More are no list of models. */
const MOST_MODELS = 20_000;
const LONGEST_NAME = 200;
/** Since which generation of Claude endpoints in a region cost more. */
const REGIONAL = /^claude-[a-z]+-(\d+)(?:-(\d+))?$/;

/** The prices of LiteLLM's model_prices_and_context_window.json or models.dev's api.json; null where a value is neither. */
export function parsePriceList(value: unknown): PriceList | null {
  if (!isFields(value)) return null;
  const all = Object.entries(value).filter(([name]) => !NO_MODELS.has(name));
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

/** Entries of LiteLLM's that are no models: one explains the others, one tells which names are alike. */
const NO_MODELS = new Set(["sample_spec", "fallback_generalizations"]);

function listOf(title: string, all: readonly (readonly [name: string, found: PriceEntry | Unusable])[]): PriceList {
  const entries: PriceEntry[] = [];
  const unusable = new Map<Unusable, number>();
  for (const [index, [name, found]] of all.entries()) {
    const one = index >= MOST_MODELS ? "more than any list has" : isPlain(name) ? found : "an odd name";
    if (typeof one === "string") unusable.set(one, (unusable.get(one) ?? 0) + 1);
    else entries.push({ ...one, name: one.name.toLowerCase(), soldAs: one.soldAs.toLowerCase() });
  }
  const models = new Map<string, PriceEntry["row"]>();
  // What is sold under a name of the seller's holds for that name, whoever made it.
  for (const { soldAs, row } of entries) if (!models.has(soldAs)) models.set(soldAs, row);
  for (const [name, sold] of Map.groupBy(entries, (one) => modelName(one.name))) {
    const row = listPriceOf(sold);
    if (row) models.set(name, isDearerInRegions(name) ? { ...row, regional: "1.1" } : row);
    // Ids of Bedrock have the region in them, and their price what that costs more.
    else for (const one of sold) if (isRegional(one.name)) models.set(one.name, one.row);
  }
  return { title, models, unusable };
}

/** The price of a model whoever sells it: its maker's, or the one that all others agree on; null where they do not. */
function listPriceOf(sold: readonly PriceEntry[]): PriceEntry["row"] | null {
  const maker = sold.find(({ isMaker }) => isMaker);
  if (maker) return maker.row;
  const [first, ...others] = sold.filter(({ name }) => !isRegional(name));
  const text = JSON.stringify(first?.row);
  return first && others.every(({ row }) => JSON.stringify(row) === text) ? first.row : null;
}

function isDearerInRegions(name: string): boolean {
  const [, major, minor = "0"] = REGIONAL.exec(name) ?? [];
  return major !== undefined && (Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 5));
}

const isPlain = (name: string): boolean =>
  name.length > 0 &&
  name.length <= LONGEST_NAME &&
  !/[\0-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069*]/.test(name);
