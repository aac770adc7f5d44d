import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../../src/utils/paths.ts";
import { entryPath, freshHome, recorded } from "./program.ts";

const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
const SESSION = "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f";
const plain = (text: string): string => Bun.stripANSI(text);

/** Runs the line in a home and writes the parts to its stdin, each some ms after the previous one; stdin then stays open. */
async function lineFor(
  home: string,
  parts: readonly (readonly [afterMs: number, text: string])[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; rows: string[] }> {
  const child = Bun.spawn([process.execPath, ...ISOLATED, entryPath("statusline")], {
    cwd: join(home, "project"),
    env: { PATH: "/usr/bin:/bin", HOME: home, COLUMNS: "120", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  for (const [afterMs, text] of parts) {
    await Bun.sleep(afterMs);
    void child.stdin.write(text);
    await child.stdin.flush();
  }
  const [out, code] = await Promise.all([child.stdout.text(), child.exited]);
  return { code, rows: plain(out).trimEnd().split("\n") };
}

describe("stdin that arrives late", () => {
  test("still gives the line, even in parts and without an end", async () => {
    using home = freshHome();
    for (const parts of [
      [[500, turn]],
      [
        [300, turn.slice(0, 500)],
        [500, turn.slice(500)],
      ],
    ] as const) {
      const { code, rows } = await lineFor(home.path, parts);
      expect(code).toBe(0);
      expect(rows[0]).toContain("Opus 5.5 med");
    }
  });

  test("or never, shows the last line of the session, marked as stale", async () => {
    using home = freshHome();
    const env = {
      PET_USAGE_LOGGING_ENABLED: "true",
      PET_LOG_DIR: home.logs,
      PET_CLAUDE_COMMAND: "/nonexistent/claude",
    };
    // The first line counts as well: a machine that is busy at the second refresh has no other.
    await lineFor(home.path, [[0, turn]], env);
    expect(readdirSync(join(home.logs, ".run"))).toContain(`line-${SESSION}`);
    for (const parts of [[], [[0, turn.slice(0, 300)]]] as const) {
      const { code, rows } = await lineFor(home.path, parts, { ...env, CLAUDE_CODE_SESSION_ID: SESSION });
      expect(code).toBe(0);
      expect(rows[0]).toMatch(/Opus 5\.5 med .* {2}stale \d+[sm]$/);
      expect(rows[1]).toStartWith("5h ");
    }
    const other = await lineFor(home.path, [], { ...env, CLAUDE_CODE_SESSION_ID: "another" });
    expect(other.rows[0]).toContain("no input from Claude Code");
  });
});

test("both programs print help if stdin is a terminal", async () => {
  using home = freshHome();
  for (const command of [[entryPath("statusline")], [entryPath("cli"), "statusline"]]) {
    let shown = "";
    const terminal = new Bun.Terminal({
      cols: 200,
      rows: 20,
      data: (_, bytes) => (shown += new TextDecoder().decode(bytes)),
    });
    const child = Bun.spawn([process.execPath, ...ISOLATED, ...command], {
      cwd: join(home.path, "project"),
      env: { PATH: "/usr/bin:/bin", HOME: home.path },
      terminal,
    });
    expect(await child.exited).toBe(0);
    await home.until(() => shown.includes("pawprint --help"), "help");
    terminal.close();
    expect(shown).toContain("Claude Code describes on standard input");
  }
});

test("statusline --help prints the usage without waiting for stdin", async () => {
  using home = freshHome();
  const { code, out } = await home.run("cli", ["statusline", "--help"], { stdin: null });
  expect([code, out]).toEqual([0, expect.stringContaining("Usage\n  pawprint statusline\n")]);
});

describe("unknown names of settings and segments", () => {
  test("are shown with the nearest known name in the line, in preview and by doctor", async () => {
    using home = freshHome();
    mkdirSync(join(home.path, ".claude/pets"), { recursive: true });
    writeFileSync(join(home.path, ".claude/pets/.env"), "PET_THEM=plain\nPET_OTHER_PROGRAM=1\n");
    const env = { PET_SEGMENTS: "model,contxt,cost", PET_ROW: "1", PET_STORE: "x", COLUMNS: "140", NO_COLOR: "1" };
    const message = 'PET_SEGMENTS: no "contxt", try context';
    const only = { ...env, PET_ROW: "", HOME: join(home.path, "project") };
    const { out } = await home.run("statusline", [], { stdin: turn, env: only });
    expect(out).toBe(`Opus 5.5 med  $0.22\n${message}\n`);
    const preview = await home.run("cli", ["preview"], { env: only });
    expect(preview.out).toContain(message);

    const line = await home.run("statusline", [], { stdin: turn, env });
    expect(line.out).toBe(
      "Opus 5.5 med  $0.22\nPET_ROW is not a setting, try PET_ROWS (and 3 more: pawprint doctor)\n",
    );
    const doctor = await home.run("cli", ["doctor"], { env });
    expect(doctor.code).toBe(1);
    for (const message of [
      'PET_SEGMENTS: there is no segment "contxt"',
      "PET_ROW is not a setting",
      "PET_THEM is not a setting",
      "PET_OTHER_PROGRAM is not a setting",
    ])
      expect(doctor.out).toContain(message);
    expect(doctor.out).toContain("did you mean PET_THEME?");
    expect(doctor.out).not.toContain("PET_STORE");
  });

  test("do not turn logging off", async () => {
    using home = freshHome();
    const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: home.logs, PET_LOG_EMAILS: "off" };
    await home.run("statusline", [], { stdin: turn, env });
    await home.until(() => existsSync(join(home.logs, "usage.jsonl")), "a usage record");
  });
});
