import { describe, expect, test } from "bun:test";
import { heatmap } from "../../src/reports/heatmap.ts";
import { ask, golden } from "./deeds.ts";

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

  test.each(zones)("in %s no prompt is lost", async (zone) => {
    const { prompts, byHour, totals, busiest } = (await ask(heatmap, { zone })).json as Json;
    expect(prompts.map((row) => row.length)).toEqual([24, 24, 24, 24, 24, 24, 24]);
    expect(totals.prompts).toBe(47);
    expect(prompts.flat().reduce((a, b) => a + b)).toBe(47);
    expect(byHour.reduce((a, b) => a + b)).toBe(47);
    expect(busiest?.prompts).toBe(Math.max(...prompts.flat()));
  });

  test("weekdays and hours are those of the local clock", async () => {
    const at = async (zone: string): Promise<number | undefined> => {
      const { prompts } = (await ask(heatmap, { zone, since: "2026-11-20", until: "2026-11-20" })).json as Json;
      return prompts[4]?.findIndex((count) => count > 0);
    };
    expect(await at("UTC")).toBe(8);
    expect(await at("Europe/Berlin")).toBe(9);
    // What was 20:45 the evening before in UTC.
    expect(await at("Asia/Kolkata")).toBe(2);
  });

  test("without prompts it says so", async () => {
    const { rows, draw, empty, json } = await ask(heatmap, { since: "2026-01-01", until: "2026-01-02" });
    expect({ rows, draw, empty }).toEqual({ rows: [], draw: undefined, empty: "No prompt in this range." });
    expect((json as Json).busiest).toBeNull();
  });
});
