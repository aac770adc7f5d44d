import { describe, expect, test } from "bun:test";
import { heatmap } from "../../src/reports/heatmap.ts";
import { runReport, golden } from "./harness.ts";

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

  test("a range without prompts shows a sentence", async () => {
    const { rows, draw, empty, json } = await runReport(heatmap, { since: "2026-01-01", until: "2026-01-02" });
    expect({ rows, draw, empty }).toEqual({ rows: [], draw: undefined, empty: "No prompts in this range." });
    expect((json as Json).busiest).toBeNull();
  });
});
