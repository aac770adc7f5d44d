import { afterAll, describe, expect, test } from "bun:test";
import { fieldsOf, rowsWithParts, shownColumns, type Table, totalCells } from "../../src/render/columns.ts";
import { type Cell, valueFormats } from "../../src/render/format.ts";
import type { Report } from "../../src/reports/contract.ts";
import { reports } from "../../src/reports/registry.ts";
import { itemsOf, reportHome, reportNamed } from "./report-home.ts";

const home = await reportHome();
afterAll(() => home[Symbol.dispose]());

const sortable = reports
  // The sample is the ledger of one machine.
  .filter(({ isAboutHub }) => !isAboutHub)
  .filter(({ options }) => options.includes("sort"))
  .map((report) => [report.name, report] as const);

/** Which rows of a report are parts. */
async function partsOf(report: Report): Promise<Pick<Table, "isPart">> {
  const { isPart } = await home.run(report, []);
  return isPart ? { isPart } : {};
}

describe("--sort, --order and --limit", () => {
  test.each(sortable)("sort %s by each of its columns, in both directions", async (_, report) => {
    const { columns, rows: plain } = await home.run(report, []);
    for (const { name, field, kind, value } of shownColumns({ columns })) {
      const valuesOf = async (...args: string[]) =>
        rowsWithParts(await home.run(report, args)).map(([row]) => value(row));
      const known = (values: readonly Cell[]): Cell[] =>
        values.map((one) => (typeof one === "string" ? one.toLowerCase() : one)).filter((one) => one !== null);
      const ascending = known(await valuesOf("--sort", name, "--order", "asc"));
      for (const [index, one] of ascending.entries()) {
        const before = ascending[index - 1];
        if (one !== null && typeof before === typeof one) expect(one >= (before ?? one)).toBe(true);
      }
      const descending = await valuesOf("--sort", name, "--order", "desc");
      expect(known(descending).filter((one) => typeof one === "number")).toEqual(
        ascending.filter((one) => typeof one === "number").toReversed(),
      );
      expect(descending.slice(known(descending).length).every((one) => one === null)).toBe(true);
      const byDefault = valueFormats[kind].isText ? "asc" : "desc";
      for (const written of [name.toUpperCase(), field ?? name, name.replaceAll(" ", "-")])
        expect(await valuesOf("--sort", written)).toEqual(await valuesOf("--sort", name, "--order", byDefault));
    }
    expect((await home.run(report, ["--sort", columns[0]?.name ?? ""])).rows).toHaveLength(plain.length);
  });

  test.each(sortable)("list all columns of %s if there is none of that name", async (_, report) => {
    const { columns } = await home.run(report, []);
    const { message, hint } = await home.error(report, ["--sort", "nothing\x1b[2J"]);
    expect(message).toBe('there is no column "nothing"');
    for (const { name } of shownColumns({ columns })) expect(hint).toContain(name);
  });

  test.each(sortable)("limit the rows of %s in table, CSV and JSON, and keep its totals", async (_, report) => {
    const plain = await home.run(report, []);
    const count = rowsWithParts(plain).length;
    expect(count).toBeGreaterThan(1);
    const result = await home.run(report, ["--limit", "1"]);
    const [first, last] = [plain.rows[0], rowsWithParts(plain).at(-1)?.[0]];
    expect(result.rows[0]).toEqual(plain.order === "asc" ? last : first);
    expect(rowsWithParts(result)).toHaveLength(1);
    expect(totalCells(result)).toEqual(totalCells(plain));
    const which = plain.order === "asc" ? "last" : "first";
    const totals = totalCells(plain) === null ? "" : "; totals are those of all";
    const note = `Showing the ${which} 1 of ${count} rows${totals}.`;
    const { json, csv, lines } = await home.print(report, ["--limit", "1"]);
    expect(lines).toContain(note);
    expect(json).toMatchObject({ showing: { rows: 1, of: count } });
    expect(json["totals"]).toEqual((await home.print(report, [])).json["totals"]);
    expect(itemsOf(json)).toHaveLength(1);
    expect(csv.split("\r\n")).toHaveLength(result.rows.length + 2);
    const whole = await home.print(report, ["--limit", String(count)]);
    expect(whole.json).toEqual((await home.print(report, [])).json);
    expect(whole.lines.join()).not.toContain("Showing");
  });

  test.each(sortable)("have the rows of %s in the same order in JSON and CSV", async (_, report) => {
    for (const args of [
      ["--limit", "3"],
      ["--sort", await home.unsorted(report)],
      ["--sort", await home.unsorted(report), "--limit", "2"],
    ]) {
      const { columns, rows } = await home.run(report, args);
      const { json, csv } = await home.print(report, args);
      const items = itemsOf(json);
      const tops = rowsWithParts({ rows, ...(await partsOf(report)) }).map(([row]) => row);
      expect(items).toHaveLength(tops.length);
      expect(csv.split("\r\n")).toHaveLength(rows.length + 2);
      for (const column of columns.filter(({ field }) => field !== undefined && items.every((one) => field in one)))
        expect(items.map((item) => item[column.field ?? ""])).toEqual(
          tops.map((row) => JSON.parse(JSON.stringify(fieldsOf([column], row)[column.field ?? ""] ?? null)) as unknown),
        );
    }
  });

  test("keep parts below their row, and the newest rows of a list by time", async () => {
    const daily = reportNamed("daily");
    const names = async (...args: string[]) =>
      (await home.print(daily, args)).csv
        .split("\r\n")
        .map((line) => line.split(",")[0] ?? "")
        .slice(1, -1);
    const plain = await names("--breakdown");
    const days = plain.filter((name) => !name.startsWith(" "));
    expect(await names("--limit", "2")).toEqual(days.slice(-2));
    expect(await names("--limit", "2", "--order", "asc")).toEqual(days.slice(0, 2));
    expect(await names("--order", "desc")).toEqual(days.toReversed());
    const newest = plain.slice(plain.lastIndexOf(days.at(-1) ?? ""));
    expect(newest.length).toBeGreaterThan(1);
    expect((await names("--breakdown", "--order", "desc")).slice(0, newest.length)).toEqual(newest);
  });

  test.each([
    [["--limit", "0"], "--limit is not a number of rows: 0"],
    [["--limit", "ten"], "--limit is not a number of rows: ten"],
    [["--order", "up"], 'there is no value of --order "up"'],
  ])("are refused as %j with a message", async (args, message) => {
    expect((await home.error(reportNamed("daily"), args)).message).toBe(message);
  });

  test("suggest the column that a name misspells", async () => {
    const hints = ["costs", "totalTokns"].map(
      async (name) => (await home.error(reportNamed("daily"), ["--sort", name])).hint,
    );
    expect((await Promise.all(hints)).map((hint) => hint.split("?")[0])).toEqual([
      "did you mean Cost",
      "did you mean totalTokens",
    ]);
  });

  test("need a column where the rows have no order of their own", async () => {
    expect((await home.error(reportNamed("limits"), ["--order", "desc"])).message).toBe(
      "--order needs --sort in this report",
    );
  });
});
