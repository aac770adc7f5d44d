import { PriceTable } from "../model/price.ts";
import { PawprintError } from "../utils/errors.ts";
import { readSmall, within } from "../utils/small-files.ts";
import { clean } from "../utils/terminal.ts";
import { ImportedPrices } from "./imported-prices.ts";

/** The file in which users put prices of their own, below ~/.claude/pets. */
export const USER_PRICES = "prices.json";

/**
 * The prices that hold here: those that come with the program, before them the user's own, and behind them what was
 * imported. Throws bad_setting where the user's own file is broken.
 */
export async function priceTable(pets: string): Promise<PriceTable> {
  const path = `${pets}/${USER_PRICES}`;
  const text = await within(readSmall(path, 1_048_576), 1_000);
  const imported = new ImportedPrices(pets);
  if (text === null) return new PriceTable([], imported);
  const { parsePriceFile } = await import("../model/price-file.ts");
  const parsed = parsePriceFile(text);
  if ("rows" in parsed) return new PriceTable(parsed.rows, imported);
  throw new PawprintError(
    "bad_setting",
    `${path}: ${clean(parsed.problem)}`,
    "mend it or move it away: pawprint prices shows the form",
  );
}
