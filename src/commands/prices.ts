import { basename } from "node:path";
import { encodeList, IMPORTED_PRICES, type ImportedList, ImportedPrices } from "../pricing/imported-prices.ts";
import { priceTable, USER_PRICES } from "../pricing/price-table.ts";
import { readJson } from "../import/files.ts";
import { parsePriceList } from "../pricing/lists/price-lists.ts";
import {
  covers,
  type ListedRow,
  modelName,
  type PricedModel,
  type PriceTable,
  type TokenPrices,
} from "../model/price.ts";
import { tokenClasses } from "../model/tokens.ts";
import { count } from "../render/format.ts";
import { PawprintError } from "../utils/errors.ts";
import { replaceFile } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import type { Places } from "../utils/paths.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

const HEADINGS = ["input", "output", "write 5m", "write 1h", "read"];
const LISTS =
  "download https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json or https://models.dev/api.json";

/** Prints the prices used for costs, in dollars per million tokens, or imports a price list. */
export const prices: Command = {
  name: "prices",
  purpose: "ledger",
  args: "[import <file>]",
  argValues: [["import"]],
  description:
    "print the price of each model in dollars per million tokens; or import the price list of LiteLLM or models.dev",
  options: [
    { name: "all", description: "also print past and future prices; with their first and last days (UTC)" },
    {
      name: "model",
      value: "name",
      description: "only the price of one model, by any of its names; with its source",
    },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { args: "prices", description: "the prices that costs are computed from" },
    { args: "prices --model opus", description: "the price of one model and its source" },
    { args: "prices import litellm.json", description: "use the prices of a downloaded list" },
  ],
  related: ["models"],
  async run(context) {
    const { args, options } = context;
    const [word, path, ...more] = args;
    if (word === "import" && path !== undefined && more.length === 0) return await importList(path, context);
    if (word !== undefined)
      throw new PawprintError(
        "bad_usage",
        "prices takes no arguments except: import <file>",
        `to get a file, ${LISTS}`,
      );
    const table = await priceTable(context.places.pets);
    const model = options["model"];
    return typeof model === "string" ? showModel(model, table, context) : showAll(table, context);
  },
};

/** Prints the price of one model and its source. */
function showModel(model: string, table: PriceTable, context: Context): number {
  const { options, places, clock, print } = context;
  const found = table.find(model, clock.now());
  const rows = rowsFor(model, table, context);
  if (options["json"]) {
    print(
      jsonText(
        rows.map((one) => ({ ...rowForJson(one), ...(found && nameForJson(found)) })),
        2,
      ),
    );
    return 0;
  }
  const more = [...rows.flatMap(({ row }) => detailsOf(row)), ...(found ? nameLines(model, found) : [])];
  for (const line of [...tableOf(rows, Boolean(options["all"])), ...more, ...ownRowsNote(rows, places)]) print(line);
  return 0;
}

/** Prints the prices of all models: the user's rows and the built-in ones, then the imported ones. */
function showAll(table: PriceTable, { options, places, clock, print }: Context): number {
  const list = listOf(places);
  const rows = table.list(options["all"] ? undefined : clock.now());
  const imported = list ? importedRows(list, table, clock.now()) : [];
  if (options["json"]) {
    print(jsonText([...rows, ...imported].map(rowForJson), 2));
    return 0;
  }
  const maxImported = options["all"] ? imported.length : MOST_IMPORTED;
  const rest =
    imported.length > maxImported
      ? `, and ${count(imported.length - maxImported)} more (--all or --model shows them)`
      : "";
  const { problem } = table.imported;
  const lines = [
    ...tableOf([...rows, ...imported.slice(0, maxImported)], Boolean(options["all"])),
    ...ownRowsNote(rows, places),
    ...(list ? [`+ from ${sourceOf(list)}${rest}`] : []),
    ...(problem === null ? [] : [clean(problem, 500)]),
  ];
  for (const line of lines) print(line);
  return 0;
}

const ownRowsNote = (rows: readonly ListedRow[], places: Places): string[] =>
  rows.some(({ origin }) => origin === "own") ? [`* from ${userPricesPath(places)}`] : [];

/** How many models of an imported list are shown without --all. */
const MOST_IMPORTED = 40;

const userPricesPath = (places: Places): string => `${places.pets}/${USER_PRICES}`;

/** Returns the current price row of a model, by any of its names; with --all, every row. Throws not_found. */
function rowsFor(model: string, table: PriceTable, { options, places, clock }: Context): ListedRow[] {
  const found = table.find(model, clock.now());
  const name = found?.estimatedAs ?? modelName(model);
  const all = options["all"] ? table.list() : [];
  const rows = all.flatMap((one) => {
    const models = one.models.filter((some) => covers([some], name));
    return models.length > 0 ? [{ ...one, models }] : [];
  });
  if (rows.length > 0) return rows;
  if (found) return [{ row: found.row, models: [name], until: null, origin: found.origin }];
  throw new PawprintError(
    "not_found",
    `${clean(name)} has no price`,
    `add a row to ${userPricesPath(places)}, or ${LISTS} and run: pawprint prices import <file>`,
  );
}

/** Saves the prices of a list that the user downloaded. Throws not_found, bad_usage, answer_unusable. */
async function importList(path: string, { places, clock, print }: Context): Promise<number> {
  const list = parsePriceList(await readJson(path, LISTS));
  const name = clean(basename(path), 200);
  if (!list || list.models.size === 0) {
    throw new PawprintError(
      "answer_unusable",
      `${name} is neither LiteLLM's model_prices_and_context_window.json nor models.dev's api.json`,
      LISTS,
    );
  }
  const importedOn = new Date(clock.now()).toISOString().slice(0, 10);
  const models = Object.fromEntries(list.models);
  const text = encodeList({ title: list.title, file: name, importedOn, models });
  if (text === null) throw new PawprintError("answer_unusable", `${name} is too large for a price list`, LISTS);
  await ensureOwnDirectory(places.pets);
  replaceFile(`${places.pets}/${IMPORTED_PRICES}`, text);
  print(
    `imported ${count(list.models.size)} model names from ${name} (${list.title}); used for models without a built-in price`,
  );
  for (const [why, number] of list.unusable) print(`  ${count(number)} skipped: ${why}`);
  print(`saved to ${places.pets}/${IMPORTED_PRICES}; delete that file to undo the import`);
  return 0;
}

/** Returns the imported list, or null if there is none. Throws bad_setting if it cannot be read. */
function listOf({ pets }: Places): ImportedList | null {
  const imported = new ImportedPrices(pets);
  const { list } = imported;
  if (imported.problem === null) return list;
  throw new PawprintError(
    "bad_setting",
    clean(imported.problem, 500),
    `import it again, or delete ${pets}/${IMPORTED_PRICES}`,
  );
}

/** Models priced only by the imported list, without resellers' names (those with a slash). */
function importedRows({ models }: ImportedList, table: PriceTable, now: number): ListedRow[] {
  return Object.keys(models)
    .filter((name) => !name.includes("/"))
    .toSorted()
    .flatMap((name) => {
      const found = table.find(name, now);
      return found?.origin === "imported" && found.estimatedAs === null
        ? [{ row: found.row, models: [name], until: null, origin: found.origin }]
        : [];
    });
}

const sourceOf = ({ file, title, importedOn }: ImportedList): string =>
  `${clean(file)} (${clean(title)}), imported on ${clean(importedOn)}`;

/** Notes on a requested name: whether its price is an estimate, and its regional factor. */
function nameLines(model: string, { estimatedAs, isFast, isRegional, row }: PricedModel): string[] {
  const name = clean(model, 200);
  return [
    ...(estimatedAs === null
      ? []
      : [
          `estimate: no price list contains ${name}; it is priced as ${clean(estimatedAs)}${isFast ? " in fast mode" : ""}`,
        ]),
    ...(isRegional && row.regional !== undefined ? [`${name} is a regional endpoint: x ${row.regional}`] : []),
  ];
}

/** The same facts for JSON. */
const nameForJson = ({ estimatedAs, isFast, isRegional }: PricedModel): object => ({
  estimatedAs,
  isFast,
  isRegional,
});

/** A price row in the form of data/prices.json, for JSON. */
const rowForJson = ({ row, models, until, origin }: ListedRow): object => ({
  ...row,
  models,
  until,
  own: origin === "own",
  origin,
});

const MARKS = { own: " *", "built-in": "", imported: " +" } as const;

/** Table lines: each model, with its prices for long prompts and fast mode below it. */
function tableOf(listed: readonly ListedRow[], days: boolean): string[] {
  const rows = listed.flatMap(({ row, models, until, origin }) => {
    const held = days ? [row.from ?? "", until ?? ""] : [];
    const line = (name: string, some: TokenPrices | undefined): string[][] =>
      some ? [[name, ...held, ...tokenClasses.map((one) => money(some[one]))]] : [];
    return models.flatMap((name) => [
      ...line(clean(name) + MARKS[origin], row),
      ...(row.long ?? []).flatMap((long) => line(`  prompt > ${long.above / 1_000}k`, long)),
      ...line("  fast", row.fast),
    ]);
  });
  const heading = ["$ per million tokens", ...(days ? ["from", "until"] : []), ...HEADINGS];
  const all = [heading, ...rows];
  const widths = heading.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  const texts = heading.length - HEADINGS.length;
  return all.map((row) =>
    row
      .map((cell, index) => (index < texts ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  "),
  );
}

/** Pads a decimal text to at least two digits after the point. */
function money(text: string): string {
  const [whole = "", part = ""] = text.split(".");
  return `${whole}.${part.padEnd(2, "0")}`;
}

/** Details of a row other than its token prices. */
function detailsOf({ webSearch, tiers, regions, regional, source }: ListedRow["row"]): string[] {
  return [
    "",
    ...(webSearch === undefined ? [] : [`web searches: ${money(webSearch)} per thousand`]),
    ...Object.entries(tiers ?? {}).map(([tier, factor]) => `${tier}: x ${factor}`),
    ...Object.entries(regions ?? {}).map(([region, factor]) => `inference in ${clean(region)}: x ${factor}`),
    ...(regional === undefined ? [] : [`regional endpoints: x ${regional}`]),
    `source: ${clean(source, 400)}`,
  ];
}
