import { z } from "zod";
import { contextClasses, modelName, type PriceRow } from "../model/price.ts";
import { byTokenClass } from "../model/tokens.ts";

/** A decimal with at most six digits before and after the point, kept as text. */
const decimal = z
  .union([z.string(), z.number().transform(String)])
  .pipe(z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, "not a decimal such as 0.125"));

const prices = byTokenClass(() => decimal);

const factor = decimal.exactOptional();

/**
 * A model name, normalized by `modelName`. A name with a star is kept as it is: without their provider or region,
 * "openrouter/*" and "us.anthropic.*" would match every model.
 */
const model = z
  .string()
  .min(1)
  .transform((text) => (text.includes("*") ? patternOf(text.trim().toLowerCase()) : modelName(text)));

/** Patterns are compared with names in which the versions of Claude models have hyphens, not points. */
const patternOf = (text: string): string =>
  text.startsWith("claude-") ? text.replaceAll(/(\d)\.(?=\d)/g, "$1-") : text;

/** A price file: rows as in data/prices.json, with defaults for optional fields. */
const priceFileSchema = z.strictObject({
  rows: z.array(
    z.strictObject({
      models: z.array(model).min(1),
      from: z.iso.date().nullable().default(null),
      ...prices,
      long: z
        .array(z.strictObject({ above: z.literal(contextClasses), ...prices }))
        .transform((all) => all.toSorted((a, b) => a.above - b.above))
        .exactOptional(),
      fast: z.strictObject(prices).exactOptional(),
      webSearch: decimal.default("10"),
      tiers: z.strictObject({ batch: factor, flex: factor, priority: factor }).exactOptional(),
      regions: z.record(z.string(), decimal).exactOptional(),
      regional: factor,
      source: z.string().min(1).default("your price file"),
    }),
  ),
});

/** Parses a user's price file; returns its rows, or its first problem as a sentence. */
export function parsePriceFile(text: string): { readonly rows: PriceRow[] } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const parsed = priceFileSchema.safeParse(value);
  if (parsed.success) return { rows: parsed.data.rows };
  const { path = [], message = "invalid" } = parsed.error.issues[0] ?? {};
  return { problem: `${path.join(".") || "the file"}: ${message}` };
}
