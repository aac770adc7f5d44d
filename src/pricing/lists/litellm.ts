import { z } from "zod";
import { isFields } from "../../utils/json.ts";
import { factorOf, longOf, type PriceEntry, pricesOf, type Rates, type Unusable } from "./price-entries.ts";

/** https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.schema.json: dollars by the token. */
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
type Entry = z.infer<typeof entry>;

/** Providers that sell their own models. */
const MAKERS = new Set(
  "anthropic openai text-completion-openai gemini vertex_ai-language-models xai deepseek mistral moonshot zai minimax dashscope cohere_chat meta_llama".split(
    " ",
  ),
);
const MODES = new Set(["chat", "completion", "responses"]);
/** Of dollars by the token, for a million of them. */
const SHIFT = 6;
const THOUSAND = 3;
const ABOVE = /^input_cost_per_token_above_(\d+)k_tokens$/;

/** Whether an entry is one of LiteLLM's. */
export const isLiteLlm = (value: unknown): boolean =>
  isFields(value) &&
  (typeof value["litellm_provider"] === "string" || typeof value["input_cost_per_token"] === "number");

/** An entry by its name, or why it is left out. */
export function liteLlmEntry(name: string, value: unknown): PriceEntry | Unusable {
  const parsed = entry.safeParse(value);
  if (!parsed.success) return "no number that can be a price";
  const one = parsed.data;
  const plain = ratesOf(one, "");
  if (!plain || !MODES.has(one.mode ?? "chat")) return "no price by the token";
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
  if (!long || byLength.some(([, rates]) => !rates)) return "no number that can be a price";
  const fast = specific(one, "fast");
  const region = specific(one, "us");
  const fastPrices = fast === null ? null : pricesOf(times(plain, fast), isClaude, SHIFT);
  const tiers = tiersOf(one, plain);
  const search = one.search_context_cost_per_query?.search_context_size_medium;
  return {
    name,
    soldAs: name.includes("/") || !one.litellm_provider ? name : `${one.litellm_provider}/${name}`,
    isMaker: MAKERS.has(one.litellm_provider),
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

/** Rates with a word behind each name; null where there are none. */
function ratesOf(one: Entry, ending: string): Rates | null {
  const of = (name: string): number | undefined => {
    const value = one[`${name}${ending}`];
    return typeof value === "number" ? value : undefined;
  };
  const [input, output] = [of("input_cost_per_token"), of("output_cost_per_token")];
  if (input === undefined || output === undefined) return null;
  const cacheWrite1h = of("cache_creation_input_token_cost_above_1hr");
  return {
    input,
    output,
    cacheWrite5m: of("cache_creation_input_token_cost"),
    cacheWrite1h,
    cacheRead: of("cache_read_input_token_cost"),
  };
}

/** Service tiers whose prices are the plain ones times a factor. */
function tiersOf(one: Entry, plain: Rates): Record<string, string> {
  const endings = { batch: "_batches", flex: "_flex", priority: "_priority" };
  return Object.fromEntries(
    Object.entries(endings).flatMap(([tier, ending]) => {
      const rates = ratesOf(one, ending);
      const factor = rates && factorOf(plain, rates);
      return factor ? [[tier, factor] as const] : [];
    }),
  );
}

/** A factor that only this provider has: of fast mode, of inference in a country. */
function specific(one: Entry, name: string): number | null {
  const factor = one.provider_specific_entry?.[name];
  return typeof factor === "number" && factor >= 1 && factor <= 100 ? Number(factor.toFixed(6)) : null;
}

const times = (rates: Rates, factor: number): Rates => {
  const of = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : Number((value * factor).toPrecision(12));
  return {
    input: of(rates.input) ?? 0,
    output: of(rates.output) ?? 0,
    cacheWrite5m: of(rates.cacheWrite5m),
    cacheWrite1h: of(rates.cacheWrite1h),
    cacheRead: of(rates.cacheRead),
  };
};

function webSearchOf(perQuery: number): { readonly webSearch?: string } {
  const prices = pricesOf({ input: perQuery, output: perQuery }, false, THOUSAND);
  return typeof prices === "string" ? {} : { webSearch: prices.input };
}
