import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reports } from "../../src/reports/registry.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { jsonText } from "../../src/utils/terminal.ts";
import { sendAll } from "../hub/filled-hub.ts";
import { hubOf } from "../hub/harness.ts";
import { freshHome, type Home, type RunResult } from "./program.ts";

/** Control sequences that set the title, clear the screen, colour, hide and reverse text, in 7-bit and 8-bit form. */
const EVIL = "\x1b]0;PWNED\x07\x1b[2J\x1b[5m\x9b2J\x9d0;x\x9c\u202eevil\u2066\u200b\x7f\r";
const RAW = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/;

let home: Home;
const log = (): Record<string, string> => ({ PET_LOG_DIR: home.logs, PET_USAGE_LOGGING_ENABLED: "true" });

beforeAll(async () => {
  home = freshHome();
  const projects = join(home.path, ".claude/projects/p");
  mkdirSync(projects, { recursive: true });
  mkdirSync(home.logs);
  const tool = (id: string, name: string, input: object): object => ({ type: "tool_use", id, name, input });
  const line = (id: string, model: string, content: readonly object[]): string =>
    JSON.stringify({
      type: "assistant",
      sessionId: `s-${EVIL}`,
      cwd: `/w/${EVIL}`,
      gitBranch: `b-${EVIL}`,
      version: `9.9.9${EVIL}`,
      requestId: id,
      timestamp: new Date(Date.now() - 60_000).toISOString(),
      message: { id, model, content, usage: { input_tokens: 10, output_tokens: 5 } },
    });
  const lines = [
    line("m1", `model-${EVIL}`, [
      tool("t1", `Tool${EVIL}`, {}),
      tool("t2", "Edit", { file_path: `/w/${EVIL}.ts`, old_string: "a", new_string: "b" }),
      tool("t3", "Bash", { command: `git commit -m "${EVIL}" && git push origin '${EVIL}'` }),
    ]),
    line("m2", "claude-opus-5-5", []),
    line("m3", "=cmd|' /C calc'!A0", []),
    `{"type":"assistant","${EVIL.replaceAll(/[^ -~]/g, "")}`,
  ];
  writeFileSync(join(projects, "t.jsonl"), `${lines.join("\n")}\n`);
  writeFileSync(join(projects, "odd\x1b[2Jname\u202e.jsonl"), "{broken\n");
  const record = (id: string, more: object): string =>
    `${JSON.stringify({ id: `${id}-${EVIL}`, timestamp: new Date(Date.now() - 30_000).toISOString(), session_id: EVIL, ...more })}\n`;
  const usage = { rate_limits: { five_hour: { utilization: 12, resets_at: new Date(Date.now() + 3_600_000) } } };
  writeFileSync(
    join(home.logs, "usage.jsonl"),
    record("usage", { source: "control", cwd: EVIL, model: EVIL, version: EVIL, usage_data: usage, statusline: null }),
  );
  writeFileSync(
    join(home.logs, "diagnostics.jsonl"),
    record("diagnostics", {
      diagnostic_type: `type-${EVIL}`,
      severity: "warning",
      message: `message ${EVIL}`,
      state: "appeared",
      details: { fix: `do ${EVIL}` },
    }),
  );
  writeFileSync(
    join(home.logs, "limits.jsonl"),
    record("limits", {
      source: "codex",
      windows: [
        {
          name: `limit ${EVIL}`,
          window_minutes: 300,
          used_percent: 5,
          resets_at: new Date(Date.now() + 3_600_000).toISOString(),
          seen_at: new Date(Date.now() - 30_000).toISOString(),
          plan: `plan ${EVIL}`,
        },
      ],
    }),
  );
  writeFileSync(
    join(home.path, ".claude/settings.json"),
    JSON.stringify({ statusLine: { type: "command", command: `echo '${EVIL}'` }, [EVIL]: EVIL }),
  );
  await home.run("cli", ["scan"], { env: log() });
  using ledger = new Ledger(join(home.path, ".claude/pets/ledger.db"), () => "laptop");
  using made = hubOf(join(home.path, ".claude/pets/hub.db"));
  await sendAll(made.hub, `laptop ${EVIL}`, ledger);
});
afterAll(() => home[Symbol.dispose]());

function expectClean({ out, err }: RunResult): void {
  expect(out).not.toMatch(RAW);
  expect(err).not.toMatch(RAW);
  expect(out).not.toContain("PWNED\x07");
}

describe("reports over text from outside", () => {
  const all = reports.map((report) => [report.name, report.options] as const);
  test.each(all)("%s prints no control characters from it in any format", async (name, options) => {
    const flags = (["breakdown", "instances"] as const).filter((flag) => options.includes(flag));
    for (const form of [[], ["--csv"], ["--json"], ...flags.map((flag) => [`--${flag}`])]) {
      const ran = await home.run("cli", [name, ...form], { env: log() });
      expect(ran.code).toBe(0);
      expectClean(ran);
      if (form[0] === "--json") expect(JSON.parse(ran.out)).toBeObject();
      if (form[0] === "--csv") expect(ran.out).not.toMatch(/(^|,|\n)"?\s*[=@]/);
    }
  });

  test("reports over a hub print none", async () => {
    for (const name of ["overview", "daily", "session", "sources", "limits", "accounts", "diagnostics"]) {
      const ran = await home.run("cli", [name, "--hub"], { env: log() });
      expect([name, ran.code]).toEqual([name, 0]);
      expectClean(ran);
    }
  });

  test("models --json keeps the text unchanged", async () => {
    const { out } = await home.run("cli", ["models", "--json"]);
    const { models } = JSON.parse(out) as { models: { model?: string; modelName?: string }[] };
    expect(JSON.stringify(models)).toContain(JSON.stringify(`model-${EVIL}`).slice(1, -1));
  });
});

describe("commands with text from outside in arguments, files and settings", () => {
  const commands: readonly (readonly string[])[] = [
    ["daily", EVIL],
    ...["sort", "order", "limit", "last", "source", "start-of-week"].map((option) => ["weekly", `--${option}`, EVIL]),
    ["session", "--id", EVIL],
    ["session", "--id", ""],
    ["logs", "usage"],
    ["logs", "diagnostics"],
    ["logs", "limits"],
    ["logs", EVIL],
    ["logs", "--since", EVIL],
    ["doctor"],
    ["doctor", "--json"],
    ["install", "--dry-run"],
    ["install", "--dry-run", "--json"],
    ["uninstall", "--dry-run"],
    ["uninstall", "--dry-run", "--json"],
    ["setup", EVIL],
    ["scan", "--explain"],
    ["scan", "--explain", "--json"],
    ["verify"],
    ["verify", "--json"],
    ["prices", EVIL],
    ["import", EVIL],
    ["import", `/nonexistent/${EVIL.replaceAll("\0", "")}`],
    ["schema", EVIL],
    ["preview"],
    ["preview", "--json"],
    ["capture", EVIL],
    [EVIL],
    ["daily", EVIL],
    ["daily", `--${EVIL}`],
    ["daily", "--timezone", EVIL],
    ["daily", "--since", EVIL],
    ["daily", "--last", EVIL],
    ["daily", "--source", EVIL],
    ["daily", "--cost-mode", EVIL],
    ["daily", "--project", EVIL],
  ];
  test.each(commands.map((args) => [jsonText(args.join(" ")), args] as const))(
    "pawprint %s prints no control characters",
    async (_, args) => {
      expectClean(await home.run("cli", args, { env: log() }));
    },
  );

  test("settings with such values print none, in any command or in the line", async () => {
    for (const name of [
      "PET_LOG_DIR",
      "PET_LEDGER_PATH",
      "PET_THEME",
      "PET_SEGMENTS",
      "PET_CLAUDE_COMMAND",
      "PET_LOG_DB_PATH",
    ]) {
      for (const value of [EVIL, `/nonexistent/${EVIL}`]) {
        const env = { ...log(), [name]: value };
        // doctor takes a second, and reads both values in the same way.
        const commands = [...(value === EVIL ? [["doctor"]] : []), ["daily"], ["capture"], ["logs"]];
        for (const args of commands) {
          expectClean(await home.run("cli", args, { env }));
        }
        const { out } = await home.run("statusline", [], { env: { ...env, NO_COLOR: "1" }, stdin: "{}" });
        expect(out).not.toMatch(RAW);
      }
    }
  }, 60_000);
});
