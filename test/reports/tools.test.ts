import { describe, expect, test } from "bun:test";
import { tools } from "../../src/reports/tools.ts";
import { runReport, golden, fullContext } from "./harness.ts";
import { ledgerOf } from "./sample.ts";

describe("tools", () => {
  golden(tools);

  test("rows, totals and JSON agree", async () => {
    const { cells, totals, json } = await runReport(tools);
    const { tools: found, totals: all } = json as {
      tools: { name: string; uses: number; failed: number; failurePercent: number }[];
      totals: { uses: number };
    };
    expect(cells.map(([name, uses]) => [name, uses])).toEqual(found.map(({ name, uses }) => [name, uses]));
    expect(found.reduce((sum, { uses }) => sum + uses, 0)).toBe(all.uses);
    expect(totals?.[1]).toBe(all.uses);
    for (const { uses, failed, failurePercent } of found) expect(failurePercent).toBeCloseTo((failed / uses) * 100);
  });

  test("models add up to the total, and project and day filter it", async () => {
    const of = async (options: Parameters<typeof runReport>[1]): Promise<unknown> =>
      (await runReport(tools, options)).totals?.[1];
    const all = Number(await of({}));
    const parts = await Promise.all(["opus", "sonnet", "haiku", "mystery"].map((model) => of({ model })));
    expect(parts.map(Number).reduce((a, b) => a + b)).toBe(all);
    expect(Number(await of({ project: "shop" }))).toBeLessThan(all);
    expect(await of({ since: "2026-11-18", until: "2026-11-18" })).toBe(22);
  });

  test("a ledger without tool uses shows a sentence", async () => {
    using ledger = ledgerOf([]);
    const { rows, empty, notes, totals } = await runReport(tools, {}, fullContext(ledger), ledger);
    expect({ rows, empty, notes, totals }).toEqual({
      rows: [],
      empty: "No tools were used in this range.",
      notes: [],
      totals: expect.any(Array),
    });
  });
});
