import { describe, expect, test } from "bun:test";
import { type Column, fieldsOf, headOf, totalCells, totalFieldsOf, totalledBy } from "../../src/render/columns.ts";
import { csvOf } from "../../src/render/csv.ts";
import { tableOf } from "../../src/render/table.ts";
import { styleOf } from "../../src/utils/terminal.ts";

interface Trip {
  readonly to: string;
  readonly at: number;
  readonly steps: number;
  readonly paid: number | null;
}

const begin = Date.parse("2026-11-20T23:30:00Z");
const columns: readonly Column<Trip>[] = [
  { name: "To", kind: "text", priority: 9, value: ({ to }) => to.toUpperCase(), field: "to", json: ({ to }) => to },
  { name: "At", kind: "time", priority: 8, value: ({ at }) => at, field: "at" },
  { name: "Secret", kind: "text", priority: 7, isHidden: true, value: () => "hidden", field: "secret" },
  { name: "Steps", kind: "integer", priority: 6, value: ({ steps }) => steps, total: "sum", field: "steps" },
  { name: "Paid", kind: "money", priority: 5, value: ({ paid }) => paid, total: () => 2_500_000, field: "paid" },
  { name: "Shown only", kind: "percent", priority: 4, value: () => 50 },
];
const rows: readonly Trip[] = [
  { to: "home", at: begin, steps: 1_000, paid: 1_500_000 },
  { to: "work", at: begin + 60_000, steps: 200, paid: null },
];
const table = { columns, rows, zone: "Asia/Kolkata", empty: "No trips." };
const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

describe("the columns of a report", () => {
  test("a table has the shown columns, values by their kind, and totals over all rows", () => {
    expect(tableOf(table, { width: 80, style })).toEqual([
      "To     At                Steps   Paid  Shown only",
      "HOME   2026-11-21 05:00  1,000  $1.50       50.0%",
      "WORK   2026-11-21 05:01    200      —       50.0%",
      "─────────────────────────────────────────────────",
      "Total                    1,200  $2.50           —",
    ]);
  });

  test("a table of some rows has the totals of all", () => {
    const lines = tableOf(table, { width: 80, style, rows: rows.slice(1) });
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toStartWith("Total                    1,200");
  });

  test("CSV has the same columns, in the units that its heads name, and times in UTC", () => {
    expect(csvOf(table).split("\r\n")).toEqual([
      "To,At (UTC),Steps,Paid (USD),Shown only (%)",
      "HOME,2026-11-20T23:30:00.000Z,1000,1.5,50",
      "WORK,2026-11-20T23:31:00.000Z,200,,50",
      "",
    ]);
  });

  test("JSON has the columns with a field, hidden ones too, with dollars and times in UTC", () => {
    expect(rows.map((row) => JSON.stringify(fieldsOf(columns, row)))).toEqual([
      '{"to":"home","at":"2026-11-20T23:30:00.000Z","secret":"hidden","steps":1000,"paid":1.5}',
      '{"to":"work","at":"2026-11-20T23:31:00.000Z","secret":"hidden","steps":200,"paid":null}',
    ]);
    expect(JSON.stringify(totalFieldsOf(columns, rows))).toBe('{"steps":1200,"paid":2.5}');
  });

  test("a table has a totals row only if a column has a total, and a row may have all of them", () => {
    const bare = columns.map((column): Column<Trip> => ({ ...headOf(column), value: (row) => column.value(row) }));
    expect(totalCells({ columns: bare, rows })).toBeNull();
    const totals = { to: "", at: 0, steps: 7, paid: null };
    expect(totalCells({ columns: [...columns.slice(0, 1), ...totalledBy(totals, bare.slice(3))], rows })).toEqual([
      "Total",
      7,
      null,
      50,
    ]);
  });
});
