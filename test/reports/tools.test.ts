import { describe, expect, test } from "bun:test";
import { tools } from "../../src/reports/tools.ts";
import { runReport, golden, fullContext } from "./harness.ts";
import type { Observation } from "../../src/model/observation.ts";
import { plainAction } from "../ledger/sample.ts";
import { ledgerOf, NOW } from "./sample.ts";

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

  test("the median and the 95th percentile are durations that so many uses took at most", async () => {
    const timed = (id: string, name: string, duration: number | null): Observation => ({
      kind: "action",
      key: `action:tool:${id}`,
      body: { ...plainAction, name, at: NOW - 60_000, ended: duration === null ? null : NOW - 60_000 + duration },
    });
    const durations = Array.from({ length: 20 }, (_, at) => (at + 1) * 100);
    using ledger = ledgerOf([
      ...durations.map((duration) => timed(`bash-${duration}`, "Bash", duration)),
      timed("read", "Read", 7),
      timed("grep", "Grep", null),
    ]);
    const { json } = await runReport(tools, {}, fullContext(ledger), ledger);
    expect(json).toMatchObject({
      tools: [
        { name: "Bash", p50DurationMs: 1_000, p95DurationMs: 1_900, timed: 20, succeededPercent: 100 },
        { name: "Grep", p50DurationMs: null, p95DurationMs: null, timed: 0 },
        { name: "Read", p50DurationMs: 7, p95DurationMs: 7, timed: 1 },
      ],
      totals: { uses: 22, p50DurationMs: 1_000, p95DurationMs: 1_900 },
    });
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
