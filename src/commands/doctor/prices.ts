import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { Costs, PricedTotals } from "../../pricing/costs.ts";
import { ImportedPrices } from "../../pricing/imported-prices.ts";
import { priceTable, USER_PRICES } from "../../pricing/price-table.ts";
import { Ledger } from "../../ledger/sqlite/Ledger.ts";
import { offsetsIn } from "../../model/calendar.ts";
import { broken, type Check, errorText, note, ok, says } from "./check.ts";
import type { Machine } from "../../install/machine.ts";
import { count } from "../../render/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { ledgerPath, type Places } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";

const DAY_MS = 86_400_000;
/** Models used within this time before the newest response count as in use, milliseconds. */
const IN_USE_MS = 30 * DAY_MS;
/** Age at which an imported list is reported as old, milliseconds: prices change several times a year. */
const OLD_MS = 90 * DAY_MS;
/** How long to wait for another writer of the ledger, milliseconds. */
const BUSY_MS = 500;
const MAX_NAMES = 5;
/** Name of these checks. */
const NAME = "prices";

/** Checks whether the models in use have prices, and how old an imported list is. Does not create a ledger. */
export async function priceChecks({ settings, places, problems, clock }: Machine): Promise<Check[]> {
  const path = ledgerPath(settings, places);
  if (problems.some(({ group }) => group === "logging") || !existsSync(path)) return [];
  const now = clock.now();
  try {
    const costs = new Costs(await priceTable(places.pets), "auto");
    return [
      ...modelChecks(await recentUsage(path, costs), costs, places),
      ...listChecks(new ImportedPrices(places.pets), now),
    ];
  } catch (error) {
    if (!(error instanceof PawprintError)) throw error;
    // An unreadable ledger is reported by assistantChecks.
    return error.code === "bad_setting" ? [broken(NAME, errorText(error), error.hint)] : [];
  }
}

/** Usage of the last 30 days before the newest response, with costs. */
async function recentUsage(path: string, costs: Costs): Promise<PricedTotals> {
  using ledger = new Ledger(path, hostname, { busyMs: BUSY_MS });
  const last = (await ledger.queries.span())?.lastUsage ?? 0;
  const filter = { from: last - IN_USE_MS, to: last + 1 };
  const used = new PricedTotals();
  for (const row of await ledger.queries.usage(filter, offsetsIn("UTC", filter.from, filter.to)))
    used.add(row, row.responses, costs.of(row, row.day * DAY_MS));
  return used;
}

function modelChecks(
  { unpriced, models }: PricedTotals,
  { substitutePrices: borrowed }: Costs,
  { pets }: Places,
): Check[] {
  const own = `a row in ${pets}/${USER_PRICES}`;
  // Usage whose assistant names no model never has a price; reports show it.
  const missing = [...unpriced].filter(([model]) => model !== "").toSorted(([, a], [, b]) => b - a);
  const estimates = [...borrowed].filter(([, { estimatedAs }]) => estimatedAs !== null);
  const found: Check[] = [];
  if (missing.length > 0) {
    const names = joinNames(missing.map(([model, tokens]) => `${clean(model)} (${count(tokens)} tokens)`));
    found.push(
      note(
        NAME,
        says`models without a price, missing from the costs of the last 30 days of use: ${names}`,
        `import LiteLLM's or models.dev's list with: pawprint prices import <file>, or add ${own}`,
      ),
    );
  }
  if (estimates.length > 0) {
    const names = joinNames(
      estimates.map(([model, { estimatedAs }]) => `${clean(model)} as ${clean(estimatedAs ?? "")}`),
    );
    found.push(
      note(
        NAME,
        says`prices estimated, because no price list contains the names: ${names}`,
        `to set the price of a name, add ${own}`,
      ),
    );
  }
  const named = [...models].filter((model) => model !== "").length;
  if (found.length > 0 || named === 0) return found;
  return [ok(NAME, says`every model of the last 30 days of use has a price (${named})`)];
}

function listChecks(imported: ImportedPrices, now: number): Check[] {
  const { list } = imported;
  if (imported.problem !== null)
    return [broken(NAME, says`${clean(imported.problem, 500)}`, "import it again, or delete it")];
  if (list === null) return [];
  const age = now - Date.parse(list.importedOn);
  if (!(age > OLD_MS)) return [];
  const what = says`${clean(list.file)} (${clean(list.title)}) was imported ${Math.floor(age / DAY_MS)} days ago`;
  return [note(NAME, what, "download it again and run: pawprint prices import <file>")];
}

const joinNames = (names: readonly string[]): string =>
  names.length > MAX_NAMES
    ? `${names.slice(0, MAX_NAMES).join(", ")} and ${names.length - MAX_NAMES} more`
    : names.join(", ");
