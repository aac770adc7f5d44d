import { describe, expect, test } from "bun:test";
import type { Context } from "../../src/commands/contract.ts";
import { prices } from "../../src/commands/prices.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { contextOf, desk } from "../setup/desk.ts";

const OWN = {
  rows: [{ models: ["claude-opus-9"], input: 1, output: 2, cacheWrite5m: 1.25, cacheWrite1h: 2, cacheRead: 0.1 }],
};

/** What the command prints for a home with this price file, if any. */
async function printed(options: Context["options"], file?: string): Promise<string> {
  using at = desk();
  if (file !== undefined) at.write(`${at.pets}/prices.json`, file);
  const lines: string[] = [];
  expect(await prices.run({ ...contextOf({ HOME: at.home }, at.root, {}, lines), options })).toBe(0);
  return lines.join("\n").replaceAll(at.home, "~");
}

describe("prices", () => {
  test("a table of what holds today, within 80 columns", async () => {
    const out = await printed({});
    expect(out).toMatch(/^dollars per million +input +output +write 5m +write 1h +read\n/);
    expect(out).toMatch(/^claude-sonnet-5-5 +2\.00 +10\.00 +2\.50 +4\.00 +0\.10$/m);
    expect(out).toMatch(/^claude-haiku-5-5 .+\n  prompt > 100k +0\.50 +2\.50 +0\.625 +1\.00 +0\.05$/m);
    expect(out).not.toContain("2026");
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("--all has past prices with their days", async () => {
    expect(await printed({ all: true })).toMatch(
      /^claude-sonnet-5-5 +2026-10-07 +2\.00 .+ 0\.20\nclaude-sonnet-5-5 +2026-10-07 +2\.00 .+ 0\.10$/m,
    );
  });

  test("--model takes any of a model's names and says where the price is from", async () => {
    const out = await printed({ model: "us.anthropic.claude-opus-4-1-20250805-v1:0" });
    expect(out).toMatch(/^claude-opus-4-1 +15\.00 /m);
    expect(out).not.toContain("claude-opus-4-0");
    expect(out).toContain(
      "web searches: 10.00 per thousand\nbatch: x 0.5\ninference in us: x 1.1\nsource: Claude Code",
    );
  });

  test("--json is the rows as the file has them", async () => {
    const rows = JSON.parse(await printed({ json: true, model: "claude-opus-5-5" })) as object[];
    expect(rows).toMatchObject([{ models: ["claude-opus-5-5"], input: "4", fast: { input: "8" }, own: false }]);
  });

  test("the user's file wins and is named", async () => {
    const out = await printed({}, JSON.stringify(OWN));
    expect(out).toMatch(/^claude-opus-9 \* +1\.00 +2\.00 +1\.25 +2\.00 +0\.10$/m);
    expect(out).toEndWith("\n* from ~/.claude/pets/prices.json");
    const mine = { rows: [{ ...OWN.rows[0], models: ["claude-opus-5-5"] }] };
    const lines = (await printed({ model: "claude-opus-5-5" }, JSON.stringify(mine))).split("\n");
    expect(lines.filter((line) => line.startsWith("claude-"))).toHaveLength(1);
  });

  test.each([
    ["a broken file", {}, "{", "bad_setting", "prices.json"],
    ["a wrong row", {}, '{"rows":[{"models":[]}]}', "bad_setting", "rows.0.models"],
    [
      "an unknown model",
      { model: "claude-opus-4-9" },
      JSON.stringify(OWN),
      "not_found",
      "claude-opus-4-9 has no price",
    ],
  ])("%s is said", async (_, options, file, code, message) => {
    const error: unknown = await printed(options, file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PawprintError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});
