import { PriceTable } from "../model/price.ts";
import { PawprintError } from "../utils/errors.ts";
import { readSmall, within } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";

/** The file in which users put prices of their own, below ~/.claude/pets. */
export const USER_PRICES = "prices.json";

/** The prices that hold here: those that come with the program, and before them the user's own. Throws bad_setting for a broken file. */
export async function priceTable(pets: string): Promise<PriceTable> {
  const path = `${pets}/${USER_PRICES}`;
  const text = await within(readSmall(path, 1_048_576), 1_000);
  if (text === null) return new PriceTable();
  const { parsePriceFile } = await import("../model/price-file.ts");
  const parsed = parsePriceFile(text);
  if ("rows" in parsed) return new PriceTable(parsed.rows);
  throw new PawprintError(
    "bad_setting",
    `${path}: ${clean(parsed.problem)}`,
    "mend it or move it away: pawprint prices shows the form",
  );
}
