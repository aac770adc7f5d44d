import { describe, expect, test } from "bun:test";
import { git } from "../../src/reports/git.ts";
import { runReport, golden } from "./harness.ts";

interface Json {
  readonly operations: readonly { operation: string; count: number; failed: number; outcomeUnknown: number }[];
  readonly daily: readonly { date: string; operations: Record<string, number> }[];
  readonly pullRequests: readonly { url: string; at: string }[];
  readonly totals: { count: number; failed: number };
}

describe("git", () => {
  golden(git);

  test("an operation fails with its tool use, and daily counts leave out failures", async () => {
    const json = (await runReport(git)).json as Json;
    const sum = (of: "count" | "failed"): number => json.operations.reduce((total, one) => total + one[of], 0);
    expect(json.totals).toMatchObject({ count: sum("count"), failed: sum("failed") });
    expect(json.totals.failed).toBeGreaterThan(0);
    const daily = json.daily.flatMap(({ operations }) => Object.values(operations)).reduce((a, b) => a + b, 0);
    expect(daily).toBe(json.totals.count - json.totals.failed);
  });

  test("days are in the requested time zone", async () => {
    const dates = async (zone: string): Promise<string[]> =>
      ((await runReport(git, { zone, since: "2026-10-01" })).json as Json).daily.map(({ date }) => date);
    expect(await dates("Europe/Berlin")).toContain("2026-10-25");
    expect(await dates("America/Los_Angeles")).toContain("2026-10-24");
  });

  test("each pull request is listed once", async () => {
    const { json, notes } = await runReport(git);
    expect((json as Json).pullRequests.map(({ url }) => url)).toEqual([
      "https://github.com/example/api/pull/41",
      "https://github.com/example/api/pull/57",
      "https://github.com/example/shop/pull/102",
    ]);
    expect(notes).toContain("Pull requests: 3");
  });
});
