import { expect, test } from "bun:test";
import { csvOfReport } from "../../src/dashboard/csv.ts";
import { csvOf } from "../../src/render/csv.ts";
import type { Column } from "../../src/render/columns.ts";
import { dataOf } from "../../src/reports/shared/data/data.ts";

test("the page saves the text that the command line prints as CSV", () => {
  const columns: readonly Column<readonly [string, number, number | null]>[] = [
    { name: "Project", kind: "text", priority: 3, value: ([name]) => name },
    { name: "Hidden", kind: "text", priority: 3, isHidden: true, value: () => "not in a table" },
    { name: "Total", kind: "tokens", priority: 2, value: ([, tokens]) => tokens, total: "sum" },
    { name: "Cost", kind: "money", priority: 1, value: ([, , cost]) => cost, total: () => 5 },
  ];
  const rows = [["=shöp, \u001b[31mred\r\n", 12, 1_500_000] as const, ["docs", 3, null] as const];
  const result = { columns, rows, zone: "UTC", empty: "", notes: [], json: () => ({}) };
  const data = dataOf("daily", result, null);
  expect(JSON.stringify(data.rows)).not.toContain("\\u001b");
  const text = csvOfReport(data);
  expect(text).toBe(csvOf(result));
  expect(text).toContain("Cost (USD)");
});
