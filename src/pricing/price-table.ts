import { PriceTable } from "../model/price.ts";
import { PawprintError } from "../utils/errors.ts";
import { readSmall, withTimeout } from "../utils/small-files.ts";
import { clean } from "../utils/terminal.ts";
import { ImportedPrices } from "./imported-prices.ts";

/** The file with the user's own prices, below ~/.claude/pets. */
export const USER_PRICES = "prices.json";

/**
 * The prices in order of preference: the user's own, the built-in ones, the imported ones. Throws bad_setting where the
 * user's own file is invalid.
 */
export async function priceTable(pets: string): Promise<PriceTable> {
  const path = `${pets}/${USER_PRICES}`;
  const text = await withTimeout(readSmall(path, 1_048_576), 1_000);
  const imported = new ImportedPrices(pets);
  if (text === null) return new PriceTable([], imported);
  const { parsePriceFile } = await import("./price-file.ts");
  const parsed = parsePriceFile(text);
  if ("rows" in parsed) return new PriceTable(parsed.rows, imported);
  throw new PawprintError(
    "bad_setting",
    `${path}: ${clean(parsed.problem)}`,
    "fix it or move it away: pawprint prices --json shows the format",
  );
}
