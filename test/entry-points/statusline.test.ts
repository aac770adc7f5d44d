import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { stateOf } from "../../src/model/state.ts";
import { entryPath, freshHome, recorded } from "./program.ts";

const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
const plain = (text: string): string => Bun.stripANSI(text);

/** Every file and directory below a path, relative to it. */
const below = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted();

describe("the line", () => {
  test("shows a recorded session after a turn, in 120 columns and in 60", async () => {
    using home = freshHome();
    const wide = await home.run("statusline", [], { stdin: turn, env: { COLUMNS: "120" } });
    expect(wide).toMatchObject({ code: 0, err: "" });
    const [first, second] = plain(wide.out).split("\n");
    expect(first).toMatch(/^=\^.{3}\^=  Opus 5\.5 med  fresh  ctx ▰▱{9} 3% of 1M  \$0\.22$/);
    expect(second).toContain("5h ▰▰▰▰▱▱▱▱▱▱ 42% ↻ 1h50m  7d ▰▰▱▱▱▱▱▱▱▱ 17% ↻ 3d23h");
    const narrow = await home.run("statusline", [], { stdin: turn, env: { COLUMNS: "40" } });
    for (const row of narrow.out.trimEnd().split("\n")) expect(Bun.stringWidth(row)).toBeLessThanOrEqual(36);
  });

  test("applies NO_COLOR, ASCII, one row and chosen segments from the environment and from .env", async () => {
    using home = freshHome();
    mkdirSync(join(home.path, ".claude/pets"), { recursive: true });
    writeFileSync(
      join(home.path, ".claude/pets/.env"),
      "PET_GLYPHS=ascii\nPET_SEGMENTS=model,cost # two\nPATH=/nowhere\n",
    );
    const ran = await home.run("statusline", [], { stdin: turn, env: { NO_COLOR: "1", PET_ROWS: "1" } });
    expect(ran).toEqual({ code: 0, out: "Opus 5.5 med  $0.22\n", err: "" });
    const other = await home.run("statusline", [], { stdin: turn, env: { NO_COLOR: "1", PET_SEGMENTS: "pet" } });
    expect(other.out).toMatch(/^=\^.\^=( z)?\n$/);
  });

  test("answers with stdin held open or closed, and answers an empty open stdin within its timeout", async () => {
    using home = freshHome();
    const open = await home.run("statusline", [], { stdin: turn, open: true });
    expect(plain(open.out)).toContain("Opus 5.5");
    const silent = await home.run("statusline", [], { stdin: null });
    expect(plain(silent.out)).toMatch(/=\^@w@\^=  no input from Claude Code/);
    expect([open.code, silent.code]).toEqual([0, 0]);
  });

  test("ignores the settings files of the working directory", async () => {
    using home = freshHome();
    const project = join(home.path, "project");
    writeFileSync(join(project, ".env"), "PET_SEGMENTS=cost\nPET_USAGE_LOGGING_ENABLED=true\nNO_COLOR=1\n");
    writeFileSync(join(project, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
    writeFileSync(join(project, "evil.ts"), `await Bun.write(${JSON.stringify(join(home.path, "evil"))}, "ran");\n`);
    for (const [entryFile, args] of [
      ["statusline", []],
      ["cli", ["--version"]],
      ["cli", ["statusline"]],
    ] as const) {
      const ran = await home.run(entryFile, args, { stdin: turn, cwd: project });
      expect(ran.code).toBe(0);
      if (args[0] !== "--version") expect(plain(ran.out)).toContain("Opus 5.5");
    }
    expect(below(home.path)).toEqual(["project", "project/.env", "project/bunfig.toml", "project/evil.ts"]);
  });

  test("names an invalid setting with the allowed values and still shows the segments", async () => {
    using home = freshHome();
    const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_MAX_SIZE: "tiny", PET_LOG_DIR: home.logs, COLUMNS: "200" };
    const ran = await home.run("statusline", [], { stdin: turn, env });
    expect(plain(ran.out)).toContain(
      'log off: PET_LOG_MAX_SIZE is "tiny", allowed: a whole number of bytes from 65536',
    );
    expect(plain(ran.out)).toContain("=^@w@^=  Opus 5.5");
    expect(existsSync(home.logs)).toBe(false);
  });

  test("exits with 0 and without a stack if stdout is closed or full", async () => {
    using home = freshHome();
    const env = {
      ...home.env,
      BUN: process.execPath,
      LINE: entryPath("statusline"),
      IN: join(recorded, "stdin-2-after-first-turn-apikey.json"),
    };
    for (const to of ["> /dev/full", ">&-", "| true"]) {
      const script = `set -o pipefail; "$BUN" --no-env-file --config=/dev/null "$LINE" < "$IN" ${to}`;
      const child = Bun.spawnSync(["bash", "-c", script], { env, cwd: home.path });
      expect([to, child.exitCode, child.stderr.toString()]).toEqual([to, 0, ""]);
    }
  });

  test("prints one or two lines, exits with 0 and writes nothing to stderr for any hostile stdin", async () => {
    using home = freshHome();
    const whole = new TextEncoder().encode(turn);
    const mutated = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, byte, end]) => {
      const copy = whole.slice(0, Math.max(end, 1));
      copy[Math.min(at, copy.length - 1)] = byte;
      return copy;
    });
    const payload = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    const bad: unknown[] = [];
    for (const stdin of fc.sample(payload, 60)) {
      const { code, out, err } = await home.run("statusline", [], { stdin, env: { COLUMNS: "100" } });
      const rows = out.split("\n").slice(0, -1);
      const fits = rows.every((row) => row !== "" && Bun.stringWidth(row) <= 96);
      if (code !== 0 || err !== "" || rows.length === 0 || rows.length > 2 || !fits)
        bad.push({ stdin, code, out, err });
    }
    expect(bad).toEqual([]);
  });
});

describe("logging", () => {
  const on = (home: { logs: string }) => ({ PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: home.logs });

  test("off creates no file, no directory and no process", async () => {
    using home = freshHome();
    for (let refresh = 0; refresh < 3; refresh++) await home.run("statusline", [], { stdin: turn });
    expect(below(home.path)).toEqual(["project"]);
  });

  test("on makes a refresh start one worker, which writes a record and leaves no process", async () => {
    using home = freshHome();
    await home.run("statusline", [], { stdin: turn, env: on(home) });
    const usage = join(home.logs, "usage.jsonl");
    await home.until(() => existsSync(usage) && readFileSync(usage, "utf8").endsWith("\n"), "a usage record");
    const record = JSON.parse(readFileSync(usage, "utf8")) as Record<string, unknown>;
    expect(record).toMatchObject({
      session_id: "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f",
      cwd: "/home/user/work/fresh",
      model: "claude-opus-5-5",
      version: "2.1.328",
      source: "statusline",
      statusline: { rate_limits: { five_hour: { used_percentage: 42 } } },
    });
    expect(statSync(home.logs).mode & 0o777).toBe(0o700);
    const run = join(home.logs, ".run");
    const states = (): string[] => readdirSync(run).filter((name) => name.startsWith("state-"));
    const sessions = (): object => stateOf(readFileSync(join(run, states()[0] ?? ""), "utf8"))?.sessions ?? {};
    const isWritten = (): boolean => states().length === 1 && "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f" in sessions();
    await home.until(isWritten, "a state with the session");
  });

  test("on shows the session's last line, marked stale, for unusable input", async () => {
    using home = freshHome();
    const env = { ...on(home), CLAUDE_CODE_SESSION_ID: "0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f", COLUMNS: "120" };
    await home.run("statusline", [], { stdin: turn, env });
    await home.until(() => existsSync(join(home.logs, "usage.jsonl")), "a usage record");
    await home.until(() => readdirSync(join(home.logs, ".run")).some((name) => name.startsWith("state-")), "a state");
    await home.run("statusline", [], { stdin: turn, env });
    const ran = await home.run("statusline", [], { stdin: "{broken", env });
    expect(ran.code).toBe(0);
    expect(plain(ran.out)).toMatch(/^=\^.{3}\^=  Opus 5\.5 med  fresh .*stale \d+s\n5h/);
  });

  test.if(process.getuid?.() !== 0)("names an unwritable log directory with a remedy", async () => {
    using home = freshHome();
    mkdirSync(home.logs);
    chmodSync(home.logs, 0o500);
    const ran = await home.run("statusline", [], { stdin: turn, env: { ...on(home), COLUMNS: "200" } });
    expect(plain(ran.out)).toContain(`log stopped: the log directory ${home.logs}`);
  });

  test("names a log directory that is a file, with a remedy, in the line and in doctor", async () => {
    using home = freshHome();
    writeFileSync(home.logs, "");
    const env = { ...on(home), COLUMNS: "250" };
    const ran = await home.run("statusline", [], { stdin: turn, env });
    expect(plain(ran.out)).toContain(`log stopped: the log directory ${home.logs} is not a directory`);
    const doctor = await home.run("cli", ["doctor", "--json"], { env });
    expect(doctor.code).toBe(1);
    const { checks } = JSON.parse(doctor.out) as { checks: { name: string; state: string }[] };
    expect(checks).toContainEqual(expect.objectContaining({ name: "directory", state: "broken" }));
  });
});

test("the line is shown if only few file descriptors are available", () => {
  using home = freshHome();
  const fd = openSync(join(recorded, "stdin-2-after-first-turn-apikey.json"), "r");
  const script = `ulimit -n 24; exec "${process.execPath}" --no-env-file --config=/dev/null "${entryPath("statusline")}"`;
  const child = Bun.spawnSync(["bash", "-c", script], { stdin: fd, env: home.env });
  expect(child.exitCode).toBe(0);
  expect(plain(child.stdout.toString())).toContain("Opus 5.5");
});
