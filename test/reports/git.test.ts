import { describe, expect, test } from "bun:test";
import { git } from "../../src/reports/git.ts";
import { ask, golden } from "./deeds.ts";

interface Json {
  readonly operations: readonly { operation: string; count: number; failed: number; outcomeUnknown: number }[];
  readonly daily: readonly { date: string; operations: Record<string, number> }[];
  readonly pullRequests: readonly { url: string; at: string }[];
  readonly totals: { count: number; failed: number };
}

describe("git", () => {
  golden(git);

  test("an operation fails with its tool, and days hold those that did not", async () => {
    const json = (await ask(git)).json as Json;
    const sum = (of: "count" | "failed"): number => json.operations.reduce((total, one) => total + one[of], 0);
    expect(json.totals).toMatchObject({ count: sum("count"), failed: sum("failed") });
    expect(json.totals.failed).toBeGreaterThan(0);
    const daily = json.daily.flatMap(({ operations }) => Object.values(operations)).reduce((a, b) => a + b, 0);
    expect(daily).toBe(json.totals.count - json.totals.failed);
  });

  test("days are local", async () => {
    const dates = async (zone: string): Promise<string[]> =>
      ((await ask(git, { zone, since: "2026-10-01" })).json as Json).daily.map(({ date }) => date);
    expect(await dates("Europe/Berlin")).toContain("2026-10-25");
    expect(await dates("America/Los_Angeles")).toContain("2026-10-24");
  });

  test("links of pull requests are listed once", async () => {
    const { json, notes } = await ask(git);
    expect((json as Json).pullRequests.map(({ url }) => url)).toEqual([
      "https://github.com/example/api/pull/41",
      "https://github.com/example/api/pull/57",
      "https://github.com/example/shop/pull/102",
    ]);
    expect(notes).toContain("Pull requests: 3");
  });
});
