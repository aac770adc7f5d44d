import { priceTable, USER_PRICES } from "../asking/price-table.ts";
import { covers, type ListedRow, modelName, type TokenPrices } from "../model/price.ts";
import { tokenClasses } from "../model/tokens.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Places } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

const HEADINGS = ["input", "output", "write 5m", "write 1h", "read"];

/** The prices that costs are computed with, in dollars per million tokens. */
export const prices: Command = {
  name: "prices",
  meaning: "print what each model costs, in dollars per million tokens",
  options: [
    { name: "all", meaning: "also prices that hold no more or not yet, with their days (UTC)" },
    { name: "model", value: "name", meaning: "only what one model costs, by any of its names, and where that is from" },
    { name: "json", meaning: "print JSON" },
  ],
  async run({ options, places, clock, print }) {
    const table = await priceTable(places.pets);
    const model = typeof options["model"] === "string" ? options["model"] : null;
    const listed = table.list(options["all"] ? undefined : clock.now()).flatMap((one) => {
      const models = one.models.filter((name) => model === null || covers([name], modelName(model)));
      return models.length > 0 ? [{ ...one, models }] : [];
    });
    // Of rows that all cover the one model asked for, the first is the user's own and wins.
    const shown = model !== null && !options["all"] ? listed.slice(0, 1) : listed;
    if (model !== null && shown.length === 0) {
      throw new PawprintError("not_found", `${clean(modelName(model))} has no price`, `add a row to ${pathOf(places)}`);
    }
    if (options["json"]) print(JSON.stringify(shown.map(plain), null, 2));
    else for (const line of tableOf(shown, Boolean(options["all"]))) print(line);
    if (options["json"]) return 0;
    if (model !== null) for (const { row } of shown) for (const line of detailsOf(row)) print(line);
    if (shown.some(({ own }) => own)) print(`* from ${pathOf(places)}`);
    return 0;
  },
};

const pathOf = (places: Places): string => `${places.pets}/${USER_PRICES}`;

/** A row as data/prices.json has it, for JSON. */
const plain = ({ row, models, until, own }: ListedRow): object => ({ ...row, models, until, own });

/** Lines of a table: each model, and below it what long prompts and fast mode cost. */
function tableOf(listed: readonly ListedRow[], days: boolean): string[] {
  const rows = listed.flatMap(({ row, models, until, own }) => {
    const held = days ? [row.from ?? "", until ?? ""] : [];
    const line = (name: string, some: TokenPrices | undefined): string[][] =>
      some ? [[name, ...held, ...tokenClasses.map((one) => money(some[one]))]] : [];
    return models.flatMap((name) => [
      ...line(clean(name) + (own ? " *" : ""), row),
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
function detailsOf({ webSearch, tiers, regions, source }: ListedRow["row"]): string[] {
  return [
    "",
    ...(webSearch === undefined ? [] : [`web searches: ${money(webSearch)} per thousand`]),
    ...Object.entries(tiers ?? {}).map(([tier, factor]) => `${tier}: x ${factor}`),
    ...Object.entries(regions ?? {}).map(([region, factor]) => `inference in ${clean(region)}: x ${factor}`),
    `source: ${clean(source, 400)}`,
  ];
}
