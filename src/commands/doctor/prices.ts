import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { Costs, Sum } from "../../asking/costs.ts";
import { ImportedPrices } from "../../asking/imported-prices.ts";
import { priceTable, USER_PRICES } from "../../asking/price-table.ts";
import { Ledger } from "../../ledger/Ledger.ts";
import { offsetsIn } from "../../model/calendar.ts";
import { broken, type Check, note, ok } from "../../setup/check.ts";
import type { Machine } from "../../setup/machine.ts";
import { count } from "../../tables/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { ledgerPath, type Places } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";

const DAY_MS = 86_400_000;
/** Models that were used so long before the newest response are in use, milliseconds. */
const IN_USE_MS = 30 * DAY_MS;
/** Prices of models change several times a year. */
const OLD_MS = 90 * DAY_MS;
/** How long another writer of the ledger is waited for, milliseconds. */
const BUSY_MS = 500;
const MOST_NAMES = 5;
/** What these checks are called. */
const NAME = "prices";

/** Looks at whether the models in use have prices, and how old an imported list is. Makes no ledger. */
export async function priceChecks({ settings, places, problems, clock }: Machine): Promise<Check[]> {
  const path = ledgerPath(settings, places);
  if (problems.some(({ group }) => group === "logging") || !existsSync(path)) return [];
  const now = clock.now();
  try {
    const costs = new Costs(await priceTable(places.pets), "auto");
    return [...modelChecks(usedOf(path, costs), costs, places), ...listChecks(new ImportedPrices(places.pets), now)];
  } catch (error) {
    if (!(error instanceof PawprintError)) throw error;
    // A ledger that cannot be read is the assistants' check.
    return error.code === "bad_setting" ? [broken(NAME, error.message, error.hint)] : [];
  }
}

/** All that was used lately, priced. */
function usedOf(path: string, costs: Costs): Sum {
  using ledger = new Ledger(path, hostname, BUSY_MS);
  const last = ledger.questions.span()?.last ?? 0;
  const filter = { from: last - IN_USE_MS, to: last + 1 };
  const used = new Sum();
  for (const row of ledger.questions.usage(filter, offsetsIn("UTC", filter.from, filter.to)))
    used.add(row, row.responses, costs.of(row, row.day * DAY_MS));
  return used;
}

function modelChecks({ unpriced, models }: Sum, { borrowed }: Costs, { pets }: Places): Check[] {
  const own = `a row in ${pets}/${USER_PRICES}`;
  const missing = [...unpriced].toSorted(([, a], [, b]) => b - a);
  const estimates = [...borrowed].filter(([, { estimatedAs }]) => estimatedAs !== null);
  const found: Check[] = [];
  if (missing.length > 0) {
    const names = listOf(
      missing.map(([model, tokens]) => `${clean(model) || "a model without a name"} (${count(tokens)} tokens)`),
    );
    found.push(
      note(
        NAME,
        `in use without a price, and in no cost of the last 30 days of use: ${names}`,
        `pawprint prices import <file> takes LiteLLM's or models.dev's list, or add ${own}`,
      ),
    );
  }
  if (estimates.length > 0) {
    const names = listOf(estimates.map(([model, { estimatedAs }]) => `${clean(model)} as ${clean(estimatedAs ?? "")}`));
    found.push(note(NAME, `estimated, since no price list has the name: ${names}`, `${own} gives a name its price`));
  }
  if (found.length > 0 || models.size === 0) return found;
  return [ok(NAME, `every model of the last 30 days of use has one: ${count(models.size)}`)];
}

function listChecks(imported: ImportedPrices, now: number): Check[] {
  const { list } = imported;
  if (imported.problem !== null) return [broken(NAME, clean(imported.problem, 500), "import it again, or delete it")];
  if (list === null) return [];
  const age = now - Date.parse(list.importedOn);
  if (!(age > OLD_MS)) return [];
  const what = `${clean(list.file)} (${clean(list.title)}) was imported ${count(Math.floor(age / DAY_MS))} days ago`;
  return [note(NAME, what, "download it again and run: pawprint prices import <file>")];
}

const listOf = (names: readonly string[]): string =>
  names.length > MOST_NAMES
    ? `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} more`
    : names.join(", ");
