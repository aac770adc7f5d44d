import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { install } from "../../src/commands/install.ts";
import { uninstall } from "../../src/commands/uninstall.ts";
import { directoryChecks } from "../../src/setup/directories.ts";
import type { Environment } from "../../src/utils/config.ts";
import { loadSettings, petsOf, placesOf } from "../../src/utils/paths.ts";
import { contextOf, type Desk, desk } from "./desk.ts";

const FOREIGN = '{\n  "statusLine": {"type": "command", "command": "printf old"}\n}\n';

/** Two configuration directories as a list, the second of which has a line already. */
function two(at: Desk): { list: string; first: string; second: string } {
  const [first, second] = [join(at.home, ".claude/settings.json"), join(at.home, ".claude-work/settings.json")];
  at.write(first, '{"model": "opus"}\n');
  at.write(second, FOREIGN);
  return { list: `~/.claude, ${at.home}/.claude-work/,~/.claude`, first, second };
}

const jsonOf = (at: Desk): Record<string, unknown> & { directories: Record<string, unknown>[] } =>
  JSON.parse(at.printed.at(-1) ?? "");

/** What a fresh process of the program would use below this home. */
const petsFor = (at: Desk, env: Environment): string => petsOf({ HOME: at.home, ...env }, at.home, at.root);

describe("a list of configuration directories", () => {
  test("install puts the line into each of them, and uninstall brings back the bytes of each", async () => {
    using at = desk();
    const { list, first, second } = two(at);
    const env = { CLAUDE_CONFIG_DIR: list };
    await at.run(install, { json: true }, env);
    const done = jsonOf(at);
    expect(done).toMatchObject({ settings: first, changed: true });
    expect(done.directories.map(({ settings }) => settings)).toEqual([first, second]);
    for (const path of [first, second]) expect(at.read(path)).toContain("/.claude/pets/bin/statusline.js");
    expect(readdirSync(at.home).toSorted()).toEqual([".claude", ".claude-work"]);

    await at.run(install, { json: true }, env);
    expect(jsonOf(at)).toMatchObject({ changed: false });

    await at.run(uninstall, { json: true }, env);
    expect(jsonOf(at).directories.map(({ outcome }) => outcome)).toEqual(["removed", "restored"]);
    expect([first, second].map((path) => at.read(path))).toEqual(['{"model": "opus"}\n', FOREIGN]);
    expect(existsSync(`${at.pets}/bin`)).toBe(false);
  });

  test("install changes none of them where one cannot be read", async () => {
    using at = desk();
    const { list, second } = two(at);
    at.write(second, "{");
    const before = at.state();
    await expect(at.run(install, {}, { CLAUDE_CONFIG_DIR: list })).rejects.toMatchObject({
      code: "settings_unreadable",
      message: expect.stringContaining(second),
    });
    expect(at.state()).toEqual(before);
  });

  test("a relative path is refused by install and uninstall, and is a problem of the settings everywhere else", async () => {
    using at = desk();
    for (const list of ["work", "~/.claude,./work", "~root/.claude"]) {
      const env = { HOME: at.home, CLAUDE_CONFIG_DIR: list };
      const refused = { code: "bad_setting", message: expect.stringContaining("CLAUDE_CONFIG_DIR") };
      await expect(at.run(install, {}, env)).rejects.toMatchObject(refused);
      await expect(at.run(uninstall, {}, env)).rejects.toMatchObject(refused);
      const { problems } = await loadSettings(env, placesOf(env, at.root));
      expect(problems).toMatchObject([{ setting: "CLAUDE_CONFIG_DIR", group: "logging" }]);
    }
    expect(at.state()).toEqual({});
  });

  test("two directories with one settings.json count once", async () => {
    using at = desk();
    const { first } = two(at);
    mkdirSync(join(at.home, ".claude-other"));
    symlinkSync(first, join(at.home, ".claude-other/settings.json"));
    const env = { CLAUDE_CONFIG_DIR: "~/.claude,~/.claude-other" };
    await at.run(install, { json: true }, env);
    expect(jsonOf(at).directories).toHaveLength(1);
    // Whichever of them Claude Code uses, what stood there before is found.
    expect(Object.keys(JSON.parse(at.read(`${at.pets}/install.json`)).lines)).toHaveLength(2);
    await at.run(uninstall, {}, env);
    expect(at.read(first)).toBe('{"model": "opus"}\n');
  });

  test("a directory and a link to it count once, also where install and uninstall call it by different names", async () => {
    using at = desk();
    const { second } = two(at);
    symlinkSync(".claude-work", join(at.home, "link"));
    const list = { CLAUDE_CONFIG_DIR: "~/link,~/.claude-work,~/link/../.claude-work/" };
    for (let times = 0; times < 2; times++) {
      await at.run(install, { json: true, chain: true }, list);
      expect(jsonOf(at).directories).toMatchObject([{ chain: true, settings_changed: times === 0 }]);
    }
    await at.run(uninstall, { json: true }, list);
    expect(at.read(second)).toBe(FOREIGN);

    await at.run(install, {}, { CLAUDE_CONFIG_DIR: "~/link" });
    await at.run(install, { json: true, chain: true }, { CLAUDE_CONFIG_DIR: "~/.claude-work" });
    expect(jsonOf(at).directories).toMatchObject([{ chain: true, previous: expect.stringContaining("printf old") }]);
    await at.run(install, { json: true }, { CLAUDE_CONFIG_DIR: "~/link" });
    await at.run(uninstall, { json: true }, { CLAUDE_CONFIG_DIR: "~/.claude-work" });
    expect(jsonOf(at)).toMatchObject({ outcome: "restored", needed_by: [] });
    expect(at.read(second)).toBe(FOREIGN);
  });

  test("a line whose program is named by a link to our own directory is ours", async () => {
    using at = desk();
    at.write(join(at.home, "work/settings.json"), FOREIGN);
    symlinkSync("work", join(at.home, "link"));
    await at.run(install, {}, { CLAUDE_CONFIG_DIR: "~/link" });
    expect(at.read(join(at.home, "work/settings.json"))).toContain("/link/pets/bin/statusline.js");
    await at.run(uninstall, { json: true }, { CLAUDE_CONFIG_DIR: "~/work" });
    expect(jsonOf(at)).toMatchObject({ outcome: "restored" });
    expect(at.read(join(at.home, "work/settings.json"))).toBe(FOREIGN);
    expect(existsSync(join(at.home, "work/pets/bin"))).toBe(false);
  });

  test("doctor names the directory of the list that has no line", async () => {
    using at = desk();
    const { list, second } = two(at);
    await at.run(install);
    const check = {
      name: "line",
      state: "note",
      message: `is not in ${second}`,
      remedy: "run: pawprint install",
    } as const;
    symlinkSync(".claude-work", join(at.home, "link"));
    for (const links of ["", ",~/link"]) {
      const context = contextOf({ HOME: at.home, CLAUDE_CONFIG_DIR: list + links }, at.root, {}, []);
      expect(directoryChecks(context)).toEqual([check]);
    }
  });
});

describe("the directory of what belongs to Pawprint", () => {
  test("is below the first configuration directory where there is no ~/.claude", async () => {
    using at = desk();
    const config = join(at.home, ".config/claude");
    const env = { CLAUDE_CONFIG_DIR: "~/.config/claude,~/.other" };
    expect(petsFor(at, env)).toBe(`${config}/pets`);
    await at.run(install, { log: true }, env);
    expect(readdirSync(at.home).toSorted()).toEqual([".config", ".other"]);
    expect(readdirSync(`${config}/pets`)).toContain("install.json");
    // It stays there when somebody makes ~/.claude later, and for a program that is started without the variable.
    mkdirSync(join(at.home, ".claude"));
    expect(petsFor(at, env)).toBe(`${config}/pets`);
    expect(petsFor(at, {})).toBe(`${config}/pets`);
  });

  test("is ~/.claude/pets where there is a ~/.claude, where it was used before, and where nothing is set", () => {
    using at = desk();
    expect(petsFor(at, {})).toBe(at.pets);
    expect(petsFor(at, { CLAUDE_CONFIG_DIR: " , " })).toBe(at.pets);
    mkdirSync(join(at.home, ".claude"));
    expect(petsFor(at, { CLAUDE_CONFIG_DIR: "~/.config/claude" })).toBe(at.pets);
    mkdirSync(at.pets);
    mkdirSync(join(at.home, ".config/claude/pets"), { recursive: true });
    expect(petsFor(at, { CLAUDE_CONFIG_DIR: "~/.config/claude" })).toBe(at.pets);
  });

  test("is PET_HOME before all else, unless that is no absolute path, which is a problem of the settings", async () => {
    using at = desk();
    mkdirSync(at.pets, { recursive: true });
    expect(petsFor(at, { PET_HOME: "~/paws/", CLAUDE_CONFIG_DIR: "/elsewhere" })).toBe(`${at.home}/paws`);
    const env = { HOME: at.home, PET_HOME: "paws" };
    expect(petsFor(at, env)).toBe(at.pets);
    const { problems } = await loadSettings(env, placesOf(env, at.root));
    expect(problems).toMatchObject([{ setting: "PET_HOME", value: "paws" }]);
  });
});

test("doctor names configuration directories that hold transcripts and are not read, and what reads them", () => {
  using at = desk();
  const named = (env: Environment = {}) =>
    directoryChecks(contextOf({ HOME: at.home, ...env }, at.root, {}, [])).filter(({ name }) => name === "accounts");
  for (const name of [".claude", ".claude-work", ".config/claude-two", ".config/claude"]) {
    at.write(join(at.home, name, "projects/-a/s.jsonl"), "{}\n");
  }
  mkdirSync(join(at.home, ".claude-empty/projects"), { recursive: true });
  symlinkSync(join(at.home, ".claude"), join(at.home, ".claude-link"));
  const [check, ...more] = named();
  expect(more).toEqual([]);
  expect(check?.state).toBe("note");
  expect(check?.message).toStartWith(`${at.home}/.claude-work, ${at.home}/.config/claude-two hold`);
  expect(check?.remedy).toContain(
    `CLAUDE_CONFIG_DIR='${at.home}/.claude,${at.home}/.config/claude,${at.home}/.claude-work,${at.home}/.config/claude-two'`,
  );
  expect(named({ CLAUDE_CONFIG_DIR: "~/.claude,~/.claude-work,~/.config/claude,~/.config/claude-two" })).toEqual([]);
});
