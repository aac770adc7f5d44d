import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json";
import { commands } from "../../src/commands/registry.ts";
import { sinceOf } from "../../src/commands/logs.ts";
import { freshHome, recorded } from "./program.ts";

const turn = readFileSync(join(recorded, "stdin-2-after-first-turn-apikey.json"), "utf8");

describe("the command line", () => {
  test("prints --version and --help", async () => {
    using home = freshHome();
    expect((await home.run("cli", ["--version"])).out).toBe(`${manifest.version}\n`);
    const help = await home.run("cli", ["--help"]);
    for (const { name, internal } of commands) expect(help.out.includes(`\n  ${name} `)).toBe(!internal);
    expect(await home.run("cli", ["help"])).toEqual(help);
  });

  test("an error of the system is printed as one sentence, without a stack", async () => {
    using home = freshHome();
    const loop = join(home.path, "loop");
    symlinkSync(loop, loop);
    const path = join(loop, "ledger.db");
    expect(await home.run("cli", ["rebuild"], { env: { PET_LEDGER_PATH: path } })).toMatchObject({
      code: 1,
      err: `pawprint: ${path} cannot be used (ELOOP)\n  check the permissions of it and of its parent directories\n`,
    });
  });

  test("prints the same help for --help, -h and help before or behind a command, without reading stdin", async () => {
    using home = freshHome();
    for (const name of ["daily", "statusline", "setup"]) {
      const { out, code } = await home.run("cli", ["help", name]);
      expect([code, out.includes(`  pawprint ${name}`)]).toEqual([0, true]);
      for (const args of [
        [name, "--help"],
        [name, "-h"],
        ...(name === "statusline" ? [] : [[name, "--json", "--help"]]),
        ["--help", name],
      ])
        expect(await home.run("cli", args, { stdin: null })).toEqual({ code: 0, out, err: "" });
    }
  });

  test("runs overview without a command, also with options", async () => {
    using home = freshHome();
    const { code, out } = await home.run("cli", ["-z", "Asia/Kolkata", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ timezone: "Asia/Kolkata", today: { totalTokens: 0 } });
  });

  test.each([
    [["nonsense"], 'there is no command "nonsense"', "see: pawprint help"],
    [["dayly"], 'there is no command "dayly"', "did you mean daily? see: pawprint help"],
    [["help", "dayly"], 'there is no command "dayly"', "  did you mean daily? see: pawprint help\n"],
    [["yesterdy"], 'there is no command "yesterdy"', "did you mean yesterday? see: pawprint help"],
    [["--jsno"], 'there is no option of overview "--jsno"', "did you mean --json?"],
    [["setup", "complition"], 'there is no item of setup "complition"', "did you mean completion?"],
    [["wroker"], 'there is no command "wroker"', "  see: pawprint help"],
    [["daily", "--sinse", "2026-11-01"], 'there is no option of daily "--sinse"', "did you mean --since?"],
    [["daily", "--source", "claud-code"], 'there is no assistant "claud-code"', "did you mean claude-code?"],
    [["daily", "--cost-mode", "calc"], 'there is no value of --cost-mode "calc"', "did you mean calculate?"],
    [["logs", "nonsense"], 'there is no kind of record "nonsense"', "usage, status, diagnostics"],
    [["logs", "stats"], 'there is no kind of record "stats"', "did you mean status?"],
    [["logs", "--since", "yesterdayish"], "invalid value for --since", "1d"],
    [["logs", "--since"], "needs a value", "pawprint logs --help"],
    [["doctor", "--verbose"], 'there is no option of doctor "--verbose"', "pawprint doctor --help"],
    [["doctor", "--json=1"], "takes no value", "pawprint doctor --help"],
    [["daily", "--source", "nobody"], 'there is no assistant "nobody"', "one of: claude-code"],
    [["live", "--source", "nobody"], 'there is no assistant "nobody"', "one of: claude-code"],
    [["preview", "now"], "takes no arguments", "pawprint preview --help"],
    [["capture", "diagnostics"], "usage or status", "pawprint capture"],
    [["watch"], "logging is off", "PET_USAGE_LOGGING_ENABLED"],
  ] as const)("%j exits with 2 and prints the error and a hint", async (args, message, hint) => {
    using home = freshHome();
    const { code, err, out } = await home.run("cli", args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(err).toMatch(/^pawprint: .+\n  .+\n$/);
  });

  test("schema prints a JSON Schema, env prints every setting, preview prints every segment", async () => {
    using home = freshHome();
    const schema = JSON.parse((await home.run("cli", ["schema", "status"])).out) as { required: string[] };
    expect(schema.required).toContain("diagnostics");
    expect((await home.run("cli", ["env"])).out).toContain("#PET_LOG_MAX_SIZE=10485760\n");
    const preview = await home.run("cli", ["preview"], { env: { COLUMNS: "120" } });
    expect(preview.out).toContain("Fable 9% 3m ago");
    for (const row of preview.out.split("\n").filter((line) => line.startsWith("  "))) {
      expect(Bun.stringWidth(row)).toBeLessThanOrEqual(140);
    }
  });

  test("capture with logging off prints a record and writes no file", async () => {
    using home = freshHome();
    const { code, out, err } = await home.run("cli", ["capture", "usage", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ source: "statusline", session_id: null });
    expect(err).toContain("logging is off: the record was printed but not saved");
  });

  test("an invalid logging setting stops the command before it writes anything", async () => {
    using home = freshHome();
    const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: "logs" };
    for (const args of [["capture"], ["watch"], ["logs"], ["start"]]) {
      const { code, err } = await home.run("cli", args, { env });
      expect([args, code, err]).toEqual([args, 2, expect.stringContaining('PET_LOG_DIR is "logs"') as never]);
    }
    expect((await home.run("cli", ["doctor"], { env })).code).toBe(1);
    expect(readdirSync(home.path)).toEqual(["project"]);
  });

  test("capture with logging on writes the record once, and logs prints it", async () => {
    using home = freshHome();
    const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: home.logs, PET_USAGE_LOG_INTERVAL: "86400000" };
    expect((await home.run("cli", ["logs"], { env })).err).toContain("no usage records in");
    await home.run("cli", ["capture"], { env });
    const again = await home.run("cli", ["capture"], { env });
    expect(again.err).toContain("this interval already has a record");
    const logs = await home.run("cli", ["logs", "usage", "--since", "1d"], { env });
    expect(logs.out.trimEnd().split("\n")).toHaveLength(1);
  });

  test("watch keeps the log until it is interrupted, and refuses a second watch", async () => {
    using home = freshHome();
    const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: home.logs, PET_USAGE_LOG_INTERVAL: "1000" };
    const first = home.start("cli", ["watch"], env);
    await home.until(() => home.lines("usage").length >= 2, "two records");
    const second = await home.run("cli", ["watch"], { env });
    expect([second.code, second.err]).toEqual([1, expect.stringContaining("another pawprint watch") as never]);
    first.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    const ids = home.lines("usage").map((line) => (JSON.parse(line) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("doctor runs the configured command with stdin held open", async () => {
    using home = freshHome();
    const settings = (command: string): Promise<number> =>
      Bun.write(join(home.path, ".claude/settings.json"), JSON.stringify({ statusLine: { type: "command", command } }));
    const line = async (command: string): Promise<{ state: string; message: string } | undefined> => {
      await settings(command);
      const { out } = await home.run("cli", ["doctor", "--json"], { stdin: turn });
      return (JSON.parse(out) as { checks: { name: string; state: string; message: string }[] }).checks.find(
        ({ name }) => name === "line",
      );
    };
    expect(await line("head -c 10 > /dev/null; echo hello")).toMatchObject({ state: "note" });
    expect(await line("exit 3")).toMatchObject({
      state: "broken",
      message: expect.stringContaining("exited with 3") as never,
    });
    expect(await line("true")).toMatchObject({ state: "broken" });
    expect(await line("cat > /dev/null; echo late")).toMatchObject({
      state: "broken",
      message: expect.stringContaining("did not end") as never,
    });
  });
});

test.each([
  ["30m", 30 * 60_000],
  ["1d", 86_400_000],
  ["2w", 14 * 86_400_000],
])("sinceOf(%s) is that long before now", (text, ms) => {
  expect(sinceOf(text, 10 ** 12)).toBe(10 ** 12 - ms);
});
