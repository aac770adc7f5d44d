import { describe, expect, test } from "bun:test";
import { hourly } from "../../src/reports/hourly.ts";
import { heatmap } from "../../src/reports/heatmap.ts";
import type { Observation } from "../../src/model/observation.ts";
import { plainAction } from "../ledger/sample.ts";
import { fullContext, runReport, golden } from "./harness.ts";
import { plain } from "./render-text.ts";
import { ledgerOf } from "./sample.ts";

interface Json {
  readonly days: readonly string[];
  readonly prompts: readonly (readonly number[])[];
  readonly byHour: readonly number[];
  readonly busiest: { day: string; hour: number; prompts: number } | null;
  readonly totals: { prompts: number };
}
const zones = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Chatham"];

describe("heatmap", () => {
  golden(heatmap);

  test.each(zones)("the heatmap in %s counts every prompt", async (zone) => {
    const { prompts, byHour, totals, busiest } = (await runReport(heatmap, { zone })).json as Json;
    expect(prompts.map((row) => row.length)).toEqual([24, 24, 24, 24, 24, 24, 24]);
    expect(totals.prompts).toBe(47);
    expect(prompts.flat().reduce((a, b) => a + b)).toBe(47);
    expect(byHour.reduce((a, b) => a + b)).toBe(47);
    expect(busiest?.prompts).toBe(Math.max(...prompts.flat()));
  });

  test("weekdays and hours are in the requested time zone", async () => {
    const at = async (zone: string): Promise<number | undefined> => {
      const { prompts } = (await runReport(heatmap, { zone, since: "2026-11-20", until: "2026-11-20" })).json as Json;
      return prompts[4]?.findIndex((count) => count > 0);
    };
    expect(await at("UTC")).toBe(8);
    expect(await at("Europe/Berlin")).toBe(9);
    // 20:45 of the previous day in UTC.
    expect(await at("Asia/Kolkata")).toBe(2);
  });

  /** So many prompts in an hour of a Monday. */
  const promptsAt = (hour: number, count: number): Observation[] =>
    Array.from({ length: count }, (_, at) => ({
      kind: "action",
      key: `action:prompt:${hour}-${at}`,
      body: { ...plainAction, action: "prompt", at: Date.UTC(2026, 10, 16, hour, at % 60) },
    }));

  test("two hours of one day with as many prompts are tied", async () => {
    using ledger = ledgerOf([...promptsAt(9, 2), ...promptsAt(11, 2)]);
    const { notes } = await runReport(heatmap, { zone: "UTC" }, fullContext(ledger), ledger);
    expect(notes).toEqual(["Busiest hour: Mon 09:00 to 10:00 with 2 of 4 prompts, tied with others."]);
  });

  test("one hour with many prompts leaves the other hours apart, and is named", async () => {
    const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 500];
    using ledger = ledgerOf(counts.flatMap((count, hour) => promptsAt(hour, count)));
    const { draw, notes } = await runReport(heatmap, { zone: "UTC" }, fullContext(ledger), ledger);
    expect(draw?.(plain, 60)[1]).toBe("Mon  ░░░▒▒▒▓▓▓███············      566");
    const legend = "Prompts in an hour of a weekday:  · 0  ░ 1 to 3  ▒ 4 to 6  ▓ 7 to 9  █ 10 to 500  clock: UTC";
    expect(draw?.(plain, 100)).toContain(legend);
    expect(notes).toEqual(["Busiest hour: Mon 11:00 to 12:00 with 500 of 566 prompts."]);
  });

  golden(heatmap, "heatmap-cost", { heatmapOf: "cost" });

  test.each(zones)("the cost and the tokens of all hours in %s are those of hourly", async (zone) => {
    const totals = ((await runReport(hourly, { zone })).json as { totals: { totalCost: number; totalTokens: number } })
      .totals;
    for (const [of, total] of [
      ["cost", totals.totalCost],
      ["tokens", totals.totalTokens],
    ] as const) {
      const json = (await runReport(heatmap, { zone, heatmapOf: of })).json as Record<string, number[][]> &
        Pick<Json, "byHour">;
      expect(json).toMatchObject({ totals: { [of]: total } });
      const sum = json[of]?.flat().reduce((a, b) => a + b) ?? 0;
      expect(sum).toBeCloseTo(total, 4);
      expect(json.byHour.reduce((a, b) => a + b)).toBeCloseTo(total, 4);
    }
  });

  test("an hour whose tokens have no price has no cost, and a note says so", async () => {
    const options = { since: "2026-11-19", until: "2026-11-19", heatmapOf: "cost", zone: "Europe/Berlin" } as const;
    const { json, notes } = await runReport(heatmap, options);
    // Thursday; 21:00 has tokens of a model without a price alone.
    const thursday = (json as Record<string, (number | null)[][]>)["cost"]?.[3] ?? [];
    expect([thursday[14], thursday[21]]).toEqual([0, null]);
    expect(thursday[15]).toBeGreaterThan(0);
    expect(notes).toContain("Costs exclude 84,874 tokens of mystery-9, which has no price.");
  });

  test("a range without prompts shows a sentence", async () => {
    const { rows, draw, empty, json } = await runReport(heatmap, { since: "2026-01-01", until: "2026-01-02" });
    expect({ rows, draw, empty }).toEqual({ rows: [], draw: undefined, empty: "No prompts in this range." });
    expect((json as Json).busiest).toBeNull();
  });
});
