import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { totalOf } from "../../src/model/tokens.ts";
import { fields } from "../../src/utils/json.ts";
import { makeCorpus } from "../ledger/corpus.ts";
import { responseLine, writeTranscript } from "./ledger-home.ts";
import { freshHome, type Home } from "./program.ts";

/** A home with transcripts, and their true totals. */
function homeWithHistory(): { home: Home; truth: ReturnType<typeof makeCorpus> } {
  const home = freshHome();
  return { home, truth: makeCorpus(home.path, { megabytes: 1, files: 6, seed: 5, results: [20, 60] }) };
}

describe("a report, run as a process", () => {
  test("reads the transcripts and prints the same result the second time", async () => {
    const { home, truth } = homeWithHistory();
    using _ = home;
    const first = await home.run("cli", ["daily", "--json"]);
    expect(first).toMatchObject({ code: 0, err: "" });
    const { totals } = JSON.parse(first.out) as { totals: { totalTokens: number } };
    expect(totals.totalTokens).toBe(totalOf(truth));
    expect(await home.run("cli", ["daily", "--json"])).toEqual(first);
  });

  test("prints the same tokens and costs under session and sessions, and what sessions did under activity", async () => {
    const { home } = homeWithHistory();
    using _ = home;
    const { out } = await home.run("cli", ["session", "--csv"]);
    expect(out).toContain("Total (tokens),Cost (USD)");
    expect((await home.run("cli", ["sessions", "--csv"])).out).toBe(out);
    expect((await home.run("cli", ["activity", "--csv"])).out).toStartWith("Start (UTC),End (UTC),Lasted (s),");
  });

  test("reports session activity, and all of it if there is little to read", async () => {
    const { home } = homeWithHistory();
    using _ = home;
    const { out } = await home.run("cli", ["tools"]);
    expect(out).toContain("Bash");
    expect(out).not.toContain("Incomplete: session activity");
  });

  test("prints a sentence and the searched folders if there are no transcripts, and the overview without a command, with its options", async () => {
    using home = freshHome();
    const { code, out } = await home.run("cli", ["daily"]);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^No usage has been read yet\.\n\n(?:.+\n)+$/) as string,
    });
    const { out: screen } = await home.run("cli", []);
    expect(screen).toContain("No usage has been read yet");
    const { out: json } = await home.run("cli", ["--json"]);
    expect(Object.keys(JSON.parse(json) as object)).toContain("projectsToday");
    expect(await home.run("cli", ["--offline"])).toMatchObject({ code: 2, err: expect.stringContaining("overview") });
  });

  test.each([
    [["daily", "--since", "tomorrow"], "--since is not a date: tomorrow"],
    [["daily", "tomorrow"], "not a period: tomorrow"],
    [["limits", "--account", "work"], "limits takes no --account"],
    [["daily", "--compact"], "daily takes no --compact"],
    [["daily", "--last", "soon"], "--last is not a length of time: soon"],
    [["daily", "--timezone", "Mars/Base"], 'unknown time zone "Mars/Base"'],
    [["daily", "--cost-mode", "free"], 'there is no value of --cost-mode "free"'],
    [["daily", "--csv=1"], "--csv takes no value"],
  ])("refuses %p with a message", async (args, message) => {
    using home = freshHome();
    const { code, err } = await home.run("cli", args);
    expect({ code, first: err.split("\n")[0] }).toEqual({ code: 2, first: `pawprint: ${message}` });
  });

  test("adds notes and fields about estimated prices to those of the report", async () => {
    using home = freshHome();
    const usage = { input_tokens: 3, output_tokens: 5 };
    const lines = ["kiro-claude-opus-4-5-agentic", "nobody-1"].map((model, index) =>
      responseLine(`msg_${index}`, 5, { message: { id: `msg_${index}`, model, content: [], usage } }),
    );
    writeTranscript(home, "s.jsonl", lines.join(""));
    const { out } = await home.run("cli", ["daily"]);
    expect(out).toContain("Costs exclude 8 tokens of nobody-1");
    expect(out).toContain("Estimates: kiro-claude-opus-4-5-agentic at the price of claude-opus-4-5");
    expect(JSON.parse((await home.run("cli", ["daily", "--json"])).out)).toMatchObject({
      daily: [{ date: "2026-11-03", totalTokens: 16 }],
      totals: { totalTokens: 16 },
      estimatedPrices: { "kiro-claude-opus-4-5-agentic": "claude-opus-4-5" },
    });
  });

  test("a period without a report is one of daily, and shortened CSV says so on stderr", async () => {
    using home = freshHome();
    writeTranscript(
      home,
      "s.jsonl",
      responseLine("one", 5) + responseLine("two", 7, { timestamp: "2026-11-04T09:00:00Z" }),
    );
    const plain = await home.run("cli", ["daily", "--csv", "--since", "20261103", "--until", "20261103"]);
    expect(plain.out).toContain("2026-11-03");
    expect(plain.out).not.toContain("2026-11-04");
    expect(await home.run("cli", ["2026-11-03", "--csv"])).toEqual(plain);
    expect((await home.run("cli", ["yesterday"])).out).toStartWith(
      "No matching usage in this range.\nThe ledger covers 2026-11-03 to 2026-11-04, but has no usage on ",
    );
    const { out, err } = await home.run("cli", ["daily", "--csv", "--limit", "1"]);
    expect(out.split("\r\n")).toHaveLength(2);
    expect(err).toBe("Showing the last 1 of 2 rows; totals are those of all.\n");
  });

  test("prints colours outside a terminal only if it is asked to", async () => {
    using home = freshHome();
    writeTranscript(home, "s.jsonl", responseLine("one", 5));
    const outputs = [[], ["--color"], ["--color", "--no-color"]].map((options) =>
      home.run("cli", ["daily", ...options]),
    );
    const [plain, coloured, refused] = (await Promise.all(outputs)).map(({ out }) => out);
    expect(plain).not.toContain("\x1b[");
    expect(coloured).toContain("\x1b[");
    expect(refused).toBe(plain ?? "");
  });

  test("passes the options that select and break down usage", async () => {
    using home = freshHome();
    const line = (id: string, output: number, gitBranch: string, model: string): string =>
      responseLine(id, output, {
        gitBranch,
        cwd: `/w/${id}`,
        message: { id, model, usage: { output_tokens: output } },
      });
    const lines = [line("one", 1, "main", "claude-opus-5-5"), line("two", 20, "side", "claude-haiku-5-5")];
    writeTranscript(home, "s.jsonl", lines.join(""));
    const tokens = async (...options: string[]): Promise<unknown> =>
      fields(JSON.parse((await home.run("cli", ["daily", "--json", ...options])).out))["totals"];
    expect(await tokens()).toMatchObject({ totalTokens: 21 });
    expect(await tokens("--branch", "side")).toMatchObject({ totalTokens: 20 });
    expect(await tokens("--model", "opus")).toMatchObject({ totalTokens: 1 });
    expect(await tokens("--source", "codex")).toMatchObject({ totalTokens: 0 });
    expect(await tokens("--until", "2026-11-02")).toMatchObject({ totalTokens: 0 });
    expect(await tokens("--since", "20261103")).toMatchObject({ totalTokens: 21 });
    expect((await home.run("cli", ["daily", "--breakdown"])).out).toMatch(/^ {2}haiku-5-5 /m);
    expect((await home.run("cli", ["daily"])).out).not.toMatch(/^ {2}haiku-5-5 /m);
  });

  test("creates no ledger elsewhere if the configured path is invalid", async () => {
    using home = freshHome();
    const { code, err } = await home.run("cli", ["daily"], { env: { PET_LEDGER_PATH: "ledger.db" } });
    expect({ code, first: err.split("\n")[0] }).toEqual({
      code: 2,
      first: 'pawprint: PET_LEDGER_PATH is "ledger.db"',
    });
    expect(existsSync(join(home.path, ".claude"))).toBe(false);
  });

  test("does not treat a broken price file as a missing one", async () => {
    using home = freshHome();
    mkdirSync(join(home.path, ".claude/pets"), { recursive: true });
    writeFileSync(join(home.path, ".claude/pets/prices.json"), "{");
    const { code, err } = await home.run("cli", ["daily"]);
    expect(code).toBe(2);
    expect(err).toContain("prices.json");
  });
});
