import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordedHome } from "./ledger-home.ts";

const counts = { inputTokens: 1, outputTokens: 2, cacheCreationTokens: 3, cacheReadTokens: 4 };
const day = (date: string) => ({ date, ...counts, modelBreakdowns: [{ modelName: "m", ...counts, cost: 0.5 }] });
// The recorded sessions are from 20 November.
const CCUSAGE = JSON.stringify({ daily: [day("2026-11-01"), day("2026-11-02"), day("2026-11-20")] });
const CACHE = JSON.stringify({
  version: 5,
  dailyModelTokens: ["2026-10-31", "2026-11-01"].map((date) => ({ date, tokensByModel: { m: 9 } })),
});

describe("pawprint import", () => {
  test("counts only days without responses in the ledger, and of two sources the more complete", async () => {
    using home = recordedHome();
    writeFileSync(join(home.path, "project/c.json"), CCUSAGE);
    writeFileSync(join(home.path, "project/stats-cache.json"), CACHE);
    await home.run("cli", ["scan"]);
    const env = { TZ: "UTC" };
    expect(await home.run("cli", ["import", "c.json", "stats-cache.json"], { env })).toEqual({
      code: 0,
      err: "",
      out: [
        "c.json: 3 days from ccusage, 2026-11-01 to 2026-11-20",
        "  2 days are counted: the ledger has no other data for them",
        "  1 day kept for comparison only: transcripts or a more complete import cover the same days",
        "stats-cache.json: 2 days from Claude Code's own statistics, 2026-10-31 to 2026-11-01",
        "  these totals are not split by token class and have no cost; they count a response once for each line it was written on",
        "  1 day is counted: the ledger has no other data for it",
        "  1 day kept for comparison only: transcripts or a more complete import cover the same days",
        "",
      ].join("\n"),
    });
    // Importing a file twice changes nothing.
    await home.run("cli", ["import", "c.json"], { env });
    using database = new Database(join(home.path, ".claude/pets/ledger.db"), { readonly: true });
    expect(database.query("SELECT date, provenance, input, unsplit, cost FROM day ORDER BY 2, 1").values()).toEqual([
      ["2026-11-01", "ccusage", 1, 0, 500_000_000],
      ["2026-11-02", "ccusage", 1, 0, 500_000_000],
      ["2026-11-20", "ccusage", 1, 0, 500_000_000],
      ["2026-10-31", "stats-cache", 0, 9, null],
      ["2026-11-01", "stats-cache", 0, 9, null],
    ]);
  });

  test.each([
    ["a folder", ".", 2, ". is not a regular file"],
    ["a file that is not there", "none.json", 1, "there is no none.json"],
    ["a file that is not JSON", "bad.json", 1, "bad.json is not JSON"],
    ["no file at all", null, 2, "import needs at least one file"],
  ])("refuses %s and writes nothing of the other files", async (_, name, code, message) => {
    using home = recordedHome();
    writeFileSync(join(home.path, "project/c.json"), CCUSAGE);
    writeFileSync(join(home.path, "project/bad.json"), "[".repeat(100_000));
    const ran = await home.run("cli", ["import", ...(name === null ? [] : ["c.json", name])]);
    expect(ran).toMatchObject({ code, out: "" });
    expect(ran.err).toContain(`pawprint: ${message}`);
    expect(existsSync(join(home.path, ".claude/pets/ledger.db"))).toBe(false);
  });
});
