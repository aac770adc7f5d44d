import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandExecutor, findProgram } from "../../src/monitoring/CommandExecutor.ts";
import { systemClock } from "../../src/utils/clock.ts";
import { readSettings } from "../../src/utils/config.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { fakeClaude, removeTemporaries, temporary, workingPieces } from "../monitoring/fake-claude.ts";

setDefaultTimeout(20_000);
afterAll(removeTemporaries);

describe("findProgram", () => {
  const home = temporary("find-program-");
  const put = (path: string, mode = 0o755): string => {
    const file = join(home, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, mode);
    return file;
  };
  const find = (env: Record<string, string>): string | null => {
    const { settings } = readSettings([env]);
    return findProgram(settings, env, placesOf({ HOME: env["HOME"] ?? home }, home));
  };
  const first = put("first/claude");
  const second = put("second/claude");
  put("plain/claude", 0o644);
  mkdirSync(join(home, "folder/claude"), { recursive: true });
  mkdirSync(join(home, "link"));
  symlinkSync(second, join(home, "link/claude"));
  const path = (...names: string[]): string => names.map((name) => join(home, name)).join(":");

  test("findProgram returns the first executable on PATH, including links", () => {
    expect(find({ PATH: path("nothing", "folder", "plain", "first", "second") })).toBe(first);
    expect(find({ PATH: path("link", "first") })).toBe(join(home, "link/claude"));
  });

  test("findProgram ignores relative and empty entries of PATH, which would refer to the user's project", () => {
    const here = process.cwd();
    process.chdir(join(home, "first"));
    try {
      expect(find({ PATH: `.::./:../first:first:${path("second")}` })).toBe(second);
      expect(find({ PATH: ".:" })).toBeNull();
    } finally {
      process.chdir(here);
    }
  });

  test("findProgram returns PET_CLAUDE_COMMAND unchanged, even if that file does not exist", () => {
    expect(find({ PATH: path("first"), PET_CLAUDE_COMMAND: second })).toBe(second);
    expect(find({ PATH: path("first"), PET_CLAUDE_COMMAND: "~/bin/my claude" })).toBe(`${home}/bin/my claude`);
  });

  test("findProgram knows the two default locations of the installers, and no others", () => {
    expect(find({})).toBeNull();
    const local = put(".claude/local/claude");
    expect(find({ PATH: path("nothing") })).toBe(local);
    const native = put(".local/bin/claude");
    expect(find({ PATH: path("nothing") })).toBe(native);
  });
});

describe("the environment of a capture", () => {
  const dump = `env > "$FAKE/env-$(echo "$*" | tr -dc a-z)"`;
  const variables = (text: string): Record<string, string> =>
    Object.fromEntries(text.split("\n").map((line) => [line.replace(/=.*/, ""), line.replace(/^[^=]*=/, "")]));

  test("each invocation gets the variables that it needs and none of the session", async () => {
    const control = `env > "$FAKE/env-control"; ${workingPieces.control}`;
    const program = fakeClaude({
      control,
      auth: `${dump}; ${workingPieces.auth}`,
      doctor: `${dump}; ${workingPieces.doctor}`,
    });
    const env = {
      CLAUDECODE: "1",
      CLAUDE_CODE_SESSION_ID: "x",
      GITHUB_TOKEN: "x",
      ANTHROPIC_API_KEY: "sk-ant-x",
      TZ: "UTC",
    };
    await program.ask(undefined, { env });
    const of = (name: string): Record<string, string> => variables(program.file(`env-${name}`));
    for (const name of ["control", "safemodenosessionpersistenceauthstatus", "safemodenosessionpersistencedoctor"]) {
      expect(of(name)).toMatchObject({
        ANTHROPIC_API_KEY: "sk-ant-x",
        TZ: "UTC",
        PAWPRINT_CAPTURE: expect.any(String),
      });
      for (const gone of ["CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "GITHUB_TOKEN"])
        expect(of(name)).not.toHaveProperty(gone);
    }
    expect(of("control")).toMatchObject({ DISABLE_AUTOUPDATER: "1", DISABLE_TELEMETRY: "1" });
    // doctor reports whether updates are enabled, so it must get the user's own settings.
    expect(of("safemodenosessionpersistencedoctor")).not.toHaveProperty("DISABLE_AUTOUPDATER");
    expect(of("safemodenosessionpersistencedoctor")).toMatchObject({ npm_config_logs_max: "0", NO_COLOR: "1" });
    expect(of("safemodenosessionpersistenceauthstatus")).not.toHaveProperty("DISABLE_TELEMETRY");
  });

  test("the invocation of /usage cannot reach any model", async () => {
    const program = fakeClaude({ control: "exit 1", usage: `env > "$FAKE/env-usage"; ${workingPieces.usage}` });
    const env = {
      ANTHROPIC_BASE_URL: "https://gateway.example",
      ANTHROPIC_BEDROCK_BASE_URL: "https://bedrock.example",
    };
    expect((await program.ask({ usage: true, status: false }, { env })).usage?.source).toBe("text");
    expect(program.file("env-usage")).not.toContain(".example");
    expect(variables(program.file("env-usage"))).toMatchObject({ ANTHROPIC_BASE_URL: "http://127.0.0.1:9" });
  });

  test("the environment of a session on a plan contains no API key", async () => {
    const program = fakeClaude({ control: `env > "$FAKE/env"; ${workingPieces.control}` });
    const key = "sk-ant-api03-0123456789abcdefghij";
    await program.ask({ usage: true, status: false }, { env: { ANTHROPIC_API_KEY: key } });
    expect(program.file("env")).toContain(key);
    await program.ask({ usage: true, status: false, onPlan: true }, { env: { ANTHROPIC_API_KEY: key } });
    expect(program.file("env")).not.toContain("ANTHROPIC_API_KEY");
  });
});

describe("version of the program", () => {
  const version = (program: string): Promise<string | null> =>
    new CommandExecutor({
      program,
      directory: tmpdir(),
      env: { FAKE: join(program, "..") },
      clock: systemClock,
      timeoutMs: 500,
    }).version();

  test("version returns the output of the program, or null if there is none", async () => {
    expect(await version(fakeClaude().program)).toBe("2.1.328 (Claude Code)");
    expect(await version(fakeClaude({ version: "exit 1" }).program)).toBeNull();
    expect(await version(fakeClaude({ version: "sleep 60" }).program)).toBeNull();
    expect(await version("/nowhere/claude")).toBeNull();
  });
});
