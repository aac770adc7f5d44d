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

/** The prices that costs are computed with, in dollars per million tokens. */
export const prices: Command = {
  name: "prices",
  words: "[import <file>]",
  description: "print what each model costs, in dollars per million tokens, or take in LiteLLM's or models.dev's list",
  options: [
    { name: "all", description: "also prices that hold no more or not yet, with their days (UTC)" },
    {
      name: "model",
      value: "name",
      description: "only what one model costs, by any of its names, and where that is from",
    },
    { name: "json", description: "print JSON" },
  ],
  async run(context) {
    const { words, options } = context;
    const [word, path, ...more] = words;
    if (word === "import" && path !== undefined && more.length === 0) return await importList(path, context);
    if (word !== undefined)
      throw new PawprintError("bad_usage", "prices takes no words, or: import <file>", `for the file: ${LISTS}`);
    const table = await priceTable(context.places.pets);
    const model = options["model"];
    return typeof model === "string" ? showModel(model, table, context) : showAll(table, context);
  },
};

/** What one model costs, and where that is from. */
function showModel(model: string, table: PriceTable, context: Context): number {
  const { options, places, clock, print } = context;
  const found = table.find(model, clock.now());
  const rows = rowsFor(model, table, context);
  if (options["json"]) {
    print(
      jsonText(
        rows.map((one) => ({ ...plain(one), ...(found && aboutName(found)) })),
        2,
      ),
    );
    return 0;
  }
  const more = [...rows.flatMap(({ row }) => detailsOf(row)), ...(found ? nameLines(model, found) : [])];
  for (const line of [...tableOf(rows, Boolean(options["all"])), ...more, ...ownLine(rows, places)]) print(line);
  return 0;
}

/** What all models cost: the user's own rows, the program's, and behind them what was imported. */
function showAll(table: PriceTable, { options, places, clock, print }: Context): number {
  const list = listOf(places);
  const rows = table.list(options["all"] ? undefined : clock.now());
  const imported = list ? importedRows(list, table, clock.now()) : [];
  if (options["json"]) {
    print(jsonText([...rows, ...imported].map(plain), 2));
    return 0;
  }
  const most = options["all"] ? imported.length : MOST_IMPORTED;
  const rest = imported.length > most ? `, and ${count(imported.length - most)} more: --all or --model` : "";
  const { problem } = table.imported;
  const lines = [
    ...tableOf([...rows, ...imported.slice(0, most)], Boolean(options["all"])),
    ...ownLine(rows, places),
    ...(list ? [`+ from ${sourceOf(list)}${rest}`] : []),
    ...(problem === null ? [] : [clean(problem, 500)]),
  ];
  for (const line of lines) print(line);
  return 0;
}

const ownLine = (rows: readonly ListedRow[], places: Places): string[] =>
  rows.some(({ origin }) => origin === "own") ? [`* from ${pathOf(places)}`] : [];

/** So many models of an imported list are shown unasked. */
const MOST_IMPORTED = 40;

const pathOf = (places: Places): string => `${places.pets}/${USER_PRICES}`;

/** What one model costs by any of its names: the row that holds now, or all rows of its. Throws not_found. */
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
    `add a row to ${pathOf(places)}, or ${LISTS}, and run: pawprint prices import <file>`,
  );
}

/** Keeps the prices of a list that the user downloaded. Throws not_found, bad_usage, answer_unusable. */
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
  if (text === null) throw new PawprintError("answer_unusable", `${name} is larger than any list of prices`, LISTS);
  await ensureOwnDirectory(places.pets);
  replaceFile(`${places.pets}/${IMPORTED_PRICES}`, text);
  print(
    `${count(list.models.size)} names of models from ${name} (${list.title}), for models that Pawprint has no price of`,
  );
  for (const [why, number] of list.unusable) print(`  ${count(number)} left out: ${why}`);
  print(`kept in ${places.pets}/${IMPORTED_PRICES}; to take it back, delete that file`);
  return 0;
}

/** The list that was imported; null where there is none. Throws bad_setting where it cannot be read. */
function listOf({ pets }: Places): ImportedList | null {
  const imported = new ImportedPrices(pets);
  const { list } = imported;
  if (imported.problem === null) return list;
  throw new PawprintError("bad_setting", clean(imported.problem, 500), `or delete it: ${pets}/${IMPORTED_PRICES}`);
}

/** Models that only the imported list has a price of, without what sellers ask for them under names of theirs. */
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

/** What the name that was asked for says besides the model. */
function nameLines(model: string, { estimatedAs, isFast, isRegional, row }: PricedModel): string[] {
  const name = clean(model, 200);
  return [
    ...(estimatedAs === null
      ? []
      : [`estimate: no price list has ${name}; it is priced as ${clean(estimatedAs)}${isFast ? " in fast mode" : ""}`]),
    ...(isRegional && row.regional !== undefined ? [`${name} is an endpoint in a region: x ${row.regional}`] : []),
  ];
}

/** The same for JSON. */
const aboutName = ({ estimatedAs, isFast, isRegional }: PricedModel): object => ({
  estimatedAs,
  isFast,
  isRegional,
});

/** A row as data/prices.json has it, for JSON. */
const plain = ({ row, models, until, origin }: ListedRow): object => ({
  ...row,
  models,
  until,
  own: origin === "own",
  origin,
});

const MARKS = { own: " *", "built-in": "", imported: " +" } as const;

/** Lines of a table: each model, and below it what long prompts and fast mode cost. */
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
  const heading = ["dollars per million", ...(days ? ["from", "until"] : []), ...HEADINGS];
  const all = [heading, ...rows];
  const widths = heading.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  const texts = heading.length - HEADINGS.length;
  return all.map((row) =>
    row
      .map((cell, index) => (index < texts ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  "),
  );
}

/** Decimal text with at least two digits after the point. */
function money(text: string): string {
  const [whole = "", part = ""] = text.split(".");
  return `${whole}.${part.padEnd(2, "0")}`;
}

/** What a row says besides its prices by the token. */
function detailsOf({ webSearch, tiers, regions, regional, source }: ListedRow["row"]): string[] {
  return [
    "",
    ...(webSearch === undefined ? [] : [`web searches: ${money(webSearch)} per thousand`]),
    ...Object.entries(tiers ?? {}).map(([tier, factor]) => `${tier}: x ${factor}`),
    ...Object.entries(regions ?? {}).map(([region, factor]) => `inference in ${clean(region)}: x ${factor}`),
    ...(regional === undefined ? [] : [`endpoints in a region: x ${regional}`]),
    `source: ${clean(source, 400)}`,
  ];
}
