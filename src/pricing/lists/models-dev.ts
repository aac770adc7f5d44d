import { z } from "zod";
import { fields, isFields } from "../../utils/json.ts";
import { longOf, type PriceEntry, pricesOf, type Unusable } from "./price-entries.ts";

const rates = {
  input: z.number(),
  output: z.number(),
  cache_read: z.number().optional(),
  cache_write: z.number().optional(),
};
/** https://github.com/anomalyco/models.dev, packages/core/src/schema.ts: dollars per million tokens. */
const model = z.looseObject({
  cost: z
    .looseObject({
      ...rates,
      tiers: z
        .array(z.looseObject({ ...rates, tier: z.looseObject({ type: z.string(), size: z.number() }) }))
        .optional(),
      context_over_200k: z.looseObject(rates).optional(),
    })
    .optional(),
});
type Cost = z.infer<z.ZodObject<typeof rates>>;

/** Providers that sell their own models. */
const VENDORS = new Set(
  "anthropic openai google xai deepseek mistral moonshotai zai minimax alibaba cohere llama xiaomi".split(" "),
);
const OVER_200K = 200_000;

/** Whether a value is a provider of models.dev. */
export const isModelsDev = (value: unknown): boolean => isFields(value) && isFields(value["models"]);

/** The entries of a provider by name, or the reason why an entry is left out. */
export const modelsDevEntries = (id: string, value: unknown): (readonly [string, PriceEntry | Unusable])[] =>
  Object.entries(fields(fields(value)["models"])).map(([name, one]) => [name, entryOf(id, name, one)] as const);

function entryOf(id: string, name: string, value: unknown): PriceEntry | Unusable {
  const parsed = model.safeParse(value);
  if (!parsed.success) return "an invalid price";
  const { cost } = parsed.data;
  if (!cost) return "no price per token";
  const isClaude = name.includes("claude");
  const prices = pricesOf(ratesOf(cost), isClaude);
  if (typeof prices === "string") return prices;
  const tiers = (cost.tiers ?? []).filter(({ tier }) => tier.type === "context");
  const byLength =
    tiers.length > 0
      ? tiers.map((one) => [one.tier.size, ratesOf(one)] as const)
      : cost.context_over_200k
        ? [[OVER_200K, ratesOf(cost.context_over_200k)] as const]
        : [];
  const long = longOf(byLength, isClaude);
  if (!long) return "an invalid price";
  return {
    name,
    soldAs: `${id}/${name}`,
    isVendor: VENDORS.has(id),
    row: { from: null, ...prices, ...(long.length > 0 && { long }) },
  };
}

const ratesOf = ({ input, output, cache_read, cache_write }: Cost) => ({
  input,
  output,
  cacheRead: cache_read,
  cacheWrite5m: cache_write,
});
