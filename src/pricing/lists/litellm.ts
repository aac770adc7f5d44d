import { z } from "zod";
import { byTokenClass } from "../../model/tokens.ts";
import { isFields } from "../../utils/json.ts";
import { factorOf, longOf, type PriceEntry, pricesOf, type Rates, type Unusable } from "./price-entries.ts";

/** https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.schema.json: dollars per token. */
const entry = z.looseObject({
  litellm_provider: z.string().default(""),
  mode: z.string().optional(),
  input_cost_per_token: z.number().optional(),
  output_cost_per_token: z.number().optional(),
  cache_creation_input_token_cost: z.number().optional(),
  cache_creation_input_token_cost_above_1hr: z.number().optional(),
  cache_read_input_token_cost: z.number().optional(),
  search_context_cost_per_query: z.looseObject({ search_context_size_medium: z.number().optional() }).optional(),
  provider_specific_entry: z.record(z.string(), z.unknown()).optional(),
});
type LiteLlmEntry = z.infer<typeof entry>;

/** Providers that sell their own models. */
const VENDORS = new Set(
  "anthropic openai text-completion-openai gemini vertex_ai-language-models xai deepseek mistral moonshot zai minimax dashscope cohere_chat meta_llama".split(
    " ",
  ),
);
const MODES = new Set(["chat", "completion", "responses"]);
/** Decimal shift from dollars per token to dollars per million tokens. */
const SHIFT = 6;
/** Decimal shift from dollars per search to dollars per thousand searches. */
const SEARCH_SHIFT = 3;
const ABOVE = /^input_cost_per_token_above_(\d+)k_tokens$/;

/** Whether a value is an entry of LiteLLM's list. */
export const isLiteLlm = (value: unknown): boolean =>
  isFields(value) &&
  (typeof value["litellm_provider"] === "string" || typeof value["input_cost_per_token"] === "number");

/** The price entry for one name, or the reason why it is left out. */
export function liteLlmEntry(name: string, value: unknown): PriceEntry | Unusable {
  const parsed = entry.safeParse(value);
  if (!parsed.success) return "an invalid price";
  const one = parsed.data;
  const plain = ratesOf(one, "");
  if (!plain || !MODES.has(one.mode ?? "chat")) return "no price per token";
  const isClaude = name.includes("claude");
  const prices = pricesOf(plain, isClaude, SHIFT);
  if (typeof prices === "string") return prices;
  const thresholds = Object.keys(one).flatMap((key) => ABOVE.exec(key)?.[1] ?? []);
  const byLength = thresholds.map((above) => [Number(above) * 1_000, ratesOf(one, `_above_${above}k_tokens`)] as const);
  const long = longOf(
    byLength.flatMap(([above, rates]) => (rates ? [[above, rates] as const] : [])),
    isClaude,
    SHIFT,
  );
  if (!long || byLength.some(([, rates]) => !rates)) return "an invalid price";
  const fast = specific(one, "fast");
  const region = specific(one, "us");
  const fastPrices = fast === null ? null : pricesOf(times(plain, fast), isClaude, SHIFT);
  const tiers = tiersOf(one, plain);
  const search = one.search_context_cost_per_query?.search_context_size_medium;
  return {
    name,
    soldAs: name.includes("/") || !one.litellm_provider ? name : `${one.litellm_provider}/${name}`,
    isVendor: VENDORS.has(one.litellm_provider),
    row: {
      from: null,
      ...prices,
      ...(long.length > 0 && { long }),
      ...(fastPrices !== null && typeof fastPrices !== "string" && { fast: fastPrices }),
      ...(search !== undefined && search > 0 && webSearchOf(search)),
      ...(Object.keys(tiers).length > 0 && { tiers }),
      ...(region !== null && { regions: { us: String(region) } }),
    },
  };
}

/** Rates whose field names end with a suffix; null where there are none. */
function ratesOf(one: LiteLlmEntry, ending: string): Rates | null {
  const of = (name: string): number | undefined => {
    const value = one[`${name}${ending}`];
    return typeof value === "number" ? value : undefined;
  };
  const [input, output] = [of("input_cost_per_token"), of("output_cost_per_token")];
  if (input === undefined || output === undefined) return null;
  return {
    input,
    output,
    cacheWrite5m: of("cache_creation_input_token_cost"),
    cacheWrite1h: of("cache_creation_input_token_cost_above_1hr"),
    cacheRead: of("cache_read_input_token_cost"),
  };
}

/** Factors of the service tiers whose prices are the plain prices times a factor. */
function tiersOf(one: LiteLlmEntry, plain: Rates): Record<string, string> {
  const endings = { batch: "_batches", flex: "_flex", priority: "_priority" };
  return Object.fromEntries(
    Object.entries(endings).flatMap(([tier, ending]) => {
      const rates = ratesOf(one, ending);
      const factor = rates && factorOf(plain, rates);
      return factor ? [[tier, factor] as const] : [];
    }),
  );
}

/** A provider-specific factor, for fast mode or for inference in one country; null without one. */
function specific(one: LiteLlmEntry, name: string): number | null {
  const factor = one.provider_specific_entry?.[name];
  return typeof factor === "number" && factor >= 1 && factor <= 100 ? Number(factor.toFixed(6)) : null;
}

function times(rates: Rates, factor: number): Rates {
  const product = (rate: number): number => Number((rate * factor).toPrecision(12));
  return {
    ...byTokenClass((name) => (rates[name] === undefined ? undefined : product(rates[name]))),
    input: product(rates.input),
    output: product(rates.output),
  };
}

function webSearchOf(perQuery: number): { readonly webSearch?: string } {
  const prices = pricesOf({ input: perQuery, output: perQuery }, false, SEARCH_SHIFT);
  return typeof prices === "string" ? {} : { webSearch: prices.input };
}
