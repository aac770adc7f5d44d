import { describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/commands/contract.ts";
import { prices } from "../../src/commands/prices.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { contextOf, harness } from "../install/harness.ts";

const OWN = {
  rows: [{ models: ["claude-opus-9"], input: 1, output: 2, cacheWrite5m: 1.25, cacheWrite1h: 2, cacheRead: 0.1 }],
};

/** The output of the command for a home with this price file, if any. */
async function printed(options: Context["options"], file?: string): Promise<string> {
  using at = harness();
  if (file !== undefined) at.write(`${at.pets}/prices.json`, file);
  const lines: string[] = [];
  expect(await prices.run({ ...contextOf({ HOME: at.home }, at.root, {}, lines), options })).toBe(0);
  return lines.join("\n").replaceAll(at.home, "~");
}

describe("prices", () => {
  test("prints a table of today's prices within 80 columns", async () => {
    const out = await printed({});
    expect(out).toMatch(/^\$ per million tokens +input +output +write 5m +write 1h +read\n/);
    expect(out).toMatch(/^claude-sonnet-5-5 +2\.00 +10\.00 +2\.50 +4\.00 +0\.10$/m);
    expect(out).toMatch(/^claude-haiku-5-5 .+\n  prompt > 100k +0\.50 +2\.50 +0\.625 +1\.00 +0\.05$/m);
    expect(out).not.toContain("2026");
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("--all prints past prices with their days", async () => {
    expect(await printed({ all: true })).toMatch(
      /^claude-sonnet-5-5 +2026-10-07 +2\.00 .+ 0\.20\nclaude-sonnet-5-5 +2026-10-07 +2\.00 .+ 0\.10$/m,
    );
  });

  test("--model accepts any of a model's names and prints the source of the price", async () => {
    const out = await printed({ model: "us.anthropic.claude-opus-4-1-20250805-v1:0" });
    expect(out).toMatch(/^claude-opus-4-1 +15\.00 /m);
    expect(out).not.toContain("claude-opus-4-0");
    expect(out).toContain(
      "web searches: 10.00 per thousand\nbatch: x 0.5\ninference in us: x 1.1\nsource: Claude Code",
    );
  });

  test("--json prints the rows in the form of the price file", async () => {
    const rows = JSON.parse(await printed({ json: true, model: "claude-opus-5-5" })) as object[];
    expect(rows).toMatchObject([{ models: ["claude-opus-5-5"], input: "4", fast: { input: "8" }, own: false }]);
  });

  test("uses the user's file before the built-in prices and names it", async () => {
    const out = await printed({}, JSON.stringify(OWN));
    expect(out).toMatch(/^claude-opus-9 \* +1\.00 +2\.00 +1\.25 +2\.00 +0\.10$/m);
    expect(out).toEndWith("\n* from ~/.claude/pets/prices.json");
    const mine = { rows: [{ ...OWN.rows[0], models: ["claude-opus-5-5"] }] };
    const lines = (await printed({ model: "claude-opus-5-5" }, JSON.stringify(mine))).split("\n");
    expect(lines.filter((line) => line.startsWith("claude-"))).toHaveLength(1);
  });

  test("--model says which model an unlisted name is priced as, and the factor of a regional endpoint", async () => {
    const out = await printed({ model: "kiro-claude-opus-4-6-fast" });
    expect(out).toMatch(/^claude-opus-4-6 +5\.00 /m);
    expect(out).toEndWith(
      "\nestimate: no price list contains kiro-claude-opus-4-6-fast; it is priced as claude-opus-4-6 in fast mode",
    );
    const regional = await printed({ model: "us.anthropic.claude-opus-4-6-v1" });
    expect(regional).toEndWith("\nus.anthropic.claude-opus-4-6-v1 is a regional endpoint: x 1.1");
    const json = JSON.parse(await printed({ json: true, model: "kiro-claude-opus-4-6" })) as object[];
    expect(json).toMatchObject([{ origin: "built-in", estimatedAs: "claude-opus-4-6", isRegional: false }]);
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
  ])("throws an error for %s", async (_, options, file, code, message) => {
    const error: unknown = await printed(options, file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PawprintError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});

describe("prices import", () => {
  const LIST = join(import.meta.dir, "../fixtures/prices/litellm.json");
  type At = ReturnType<typeof harness>;

  async function run(at: At, words: string[], options: Context["options"] = {}): Promise<string> {
    const lines: string[] = [];
    expect(await prices.run({ ...contextOf({ HOME: at.home }, at.root, {}, lines), args: words, options })).toBe(0);
    return lines.join("\n").replaceAll(at.home, "~");
  }

  const refusal = async (at: At, ...words: string[]): Promise<unknown> =>
    await run(at, words).catch((thrown: unknown) => thrown);

  test("saves a list in our directory and prints how much of it, its file and the day", async () => {
    using at = harness();
    const output = await run(at, ["import", LIST]);
    expect(output).toMatch(/^imported 16 model names from litellm\.json \(LiteLLM\); /);
    expect(output).toContain("\n  1 skipped: a price of zero\n");
    expect(output).toEndWith("saved to ~/.claude/pets/imported-prices.json; delete that file to undo the import");
    expect(statSync(`${at.pets}/imported-prices.json`).mode & 0o777).toBe(0o600);
    const table = await run(at, []);
    expect(table).toMatch(/^gpt-7 \+ +1\.25 +10\.00 +1\.25 +1\.25 +0\.125$/m);
    expect(table).toMatch(/\n\+ from litellm\.json \(LiteLLM\), imported on \d{4}-\d\d-\d\d$/);
    expect(table).not.toContain("deepinfra/");
    expect(JSON.parse(await run(at, [], { json: true }))).toContainEqual(
      expect.objectContaining({ models: ["gpt-7"], input: "1.25", origin: "imported", own: false }),
    );
    expect(await run(at, [], { model: "gpt-7" })).toMatch(
      /^gpt-7 \+ +1\.25 +10\.00 .+\n.+\n\n.+\n.+\n.+\nsource: litellm\.json \(LiteLLM\), imported on \d{4}-\d\d-\d\d$/m,
    );
    // The built-in price wins.
    expect(await run(at, [], { model: "claude-opus-5-5" })).not.toContain("LiteLLM");
  });

  test("a second list replaces the first", async () => {
    using at = harness();
    await run(at, ["import", LIST]);
    await run(at, ["import", join(import.meta.dir, "../fixtures/prices/models-dev.json")]);
    expect(await run(at, [], { model: "gpt-7" })).toContain("source: models-dev.json (models.dev), imported on ");
    expect(await refusal(at)).not.toBeInstanceOf(PawprintError);
  });

  test("of a long list only some models are shown, and all of them with --all", async () => {
    using at = harness();
    const entry = { litellm_provider: "openai", input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };
    const path = join(at.home, "long.json");
    writeFileSync(
      path,
      JSON.stringify(Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`new-${index}`, entry]))),
    );
    await run(at, ["import", path]);
    const table = await run(at, []);
    expect(table.match(/^new-\d+ \+ /gm)?.length).toBe(40);
    expect(table).toMatch(/, and 5 more \(--all or --model shows them\)$/);
    expect((await run(at, [], { all: true })).match(/^new-\d+ \+ /gm)?.length).toBe(45);
  });

  test("a file that is not a price list is refused, and the saved list stays", async () => {
    using at = harness();
    await run(at, ["import", LIST]);
    const kept = readFileSync(`${at.pets}/imported-prices.json`, "utf8");
    const bad = join(at.home, "bad.json");
    for (const text of ["", "{", "{}", "[1]", "NaN", "[".repeat(100_000), '{"rows":[]}']) {
      writeFileSync(bad, text);
      expect(await refusal(at, "import", bad)).toMatchObject({ code: "answer_unusable" });
    }
    expect(await refusal(at, "import", join(at.home, "none"))).toMatchObject({ code: "not_found" });
    expect(await refusal(at, "import", at.home)).toMatchObject({ code: "bad_usage" });
    for (const words of [["import"], ["import", LIST, LIST], ["export", LIST]])
      expect(await refusal(at, ...words)).toMatchObject({
        code: "bad_usage",
        hint: expect.stringContaining("models.dev") as string,
      });
    expect(readFileSync(`${at.pets}/imported-prices.json`, "utf8")).toBe(kept);
  });

  test("a list too large to be read back is refused", async () => {
    using at = harness();
    const long = Object.fromEntries(
      [32, 128, 200, 256, 272, 512].flatMap((above) =>
        ["input", "output"].map((name) => [`${name}_cost_per_token_above_${above}k_tokens`, 1.234567e-6 * above]),
      ),
    );
    const entry = { litellm_provider: "openai", input_cost_per_token: 1e-6, output_cost_per_token: 2e-6, ...long };
    const huge = Array.from({ length: 20_000 }, (_, index) => [`model-${index}`, entry]);
    const path = join(at.home, "huge.json");
    writeFileSync(path, JSON.stringify(Object.fromEntries(huge)));
    expect(await refusal(at, "import", path)).toMatchObject({
      code: "answer_unusable",
      message: "huge.json is too large for a price list",
    });
    expect(await run(at, [])).not.toContain("huge.json");
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, 1_000)],
    ["of another version", (text: string) => text.replace('"version":1', '"version":2')],
    ["with an invalid price", (text: string) => text.replaceAll('"input":"1.25"', '"input":"-1.25"')],
    ["with a price that is a number", (text: string) => text.replaceAll('"input":"1.25"', '"input":1e999')],
  ])("a saved list %s is ignored", async (_, damage) => {
    using at = harness();
    await run(at, ["import", LIST]);
    const path = `${at.pets}/imported-prices.json`;
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    expect(await run(at, [], { model: "claude-opus-5-5" })).toContain("source: Claude Code");
    expect(await run(at, [], { model: "gpt-7" }).catch((thrown: unknown) => thrown)).toMatchObject({
      code: "not_found",
    });
  });
});
