import { describe, expect, test } from "bun:test";
import { documentParts } from "../../src/commands/export/document.ts";
import { gitOperations } from "../../src/commands/export/git-operations.ts";
import { exportRows } from "../../src/model/export-schema.ts";
import { reports } from "../../src/reports/registry.ts";
import type { ReportResult } from "../../src/reports/shared/report.ts";
import { fields, listOf } from "../../src/utils/json.ts";
import { contextOf, queryOf, severalLedger } from "../reports/sample.ts";

/** A list of the given number of rows, which records when it is made. */
function listOfRows(name: string, rows: number, made: string[]) {
  return {
    name,
    list: "rows",
    run: (): Promise<ReportResult> => {
      made.push(name);
      const json = { rows: Array.from({ length: rows }, (_, id) => ({ id, text: "x".repeat(100) })), totals: { rows } };
      return Promise.resolve({
        columns: [],
        rows: [],
        zone: "UTC",
        empty: "",
        notes: ["the same note"],
        json: () => json,
      });
    },
  };
}

describe("the document of an export", () => {
  test("has rows that their schemas describe, for several assistants and models without a price", async () => {
    using ledger = severalLedger();
    const all = [...reports, gitOperations];
    for (const [name, report, list] of [
      ["daily", "daily", "daily"],
      ["projects", "projects", "projects"],
      ["sessions", "session", "sessions"],
      ["activity", "activity", "sessions"],
      ["tools", "tools", "tools"],
      ["files", "files", "files"],
      ["gitOperations", "git-operations", "operations"],
    ] as const) {
      const result = await all.find((one) => one.name === report)?.run(queryOf(ledger), contextOf(ledger));
      const rows = listOf(fields(JSON.parse(JSON.stringify(result?.json(result.rows))))[list]);
      expect(rows.length).toBeGreaterThan(1);
      const schema = exportRows[name];
      expect({ name, issues: rows.flatMap((row) => schema.safeParse(row).error?.issues ?? []) }).toEqual({
        name,
        issues: [],
      });
    }
  });

  test("is passed on in parts, and each report runs only when the rows before it are passed on", async () => {
    const made: string[] = [];
    const lists = [listOfRows("one", 3_000, made), listOfRows("two", 0, made), listOfRows("three", 3_000, made)];
    const parts: string[] = [];
    for await (const part of documentParts({ format: "f" }, lists)) {
      parts.push(part);
      if (parts.length === 3) expect(made).toEqual(["one"]);
    }
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(70_000);
    const document = fields(JSON.parse(parts.join("\n")));
    expect(document).toMatchObject({
      format: "f",
      two: [],
      totals: { one: { rows: 3_000 } },
      notes: ["the same note"],
    });
    expect(listOf(document["one"]).map((row) => row["id"])).toEqual(Array.from({ length: 3_000 }, (_, id) => id));
  });
});
