import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { install } from "../../src/commands/install.ts";
import { uninstall } from "../../src/commands/uninstall.ts";
import { directoryChecks } from "../../src/commands/doctor/directories.ts";
import type { Environment } from "../../src/utils/config.ts";
import { loadSettings, petsOf, placesOf } from "../../src/utils/paths.ts";
import { contextOf, type Harness, harness } from "./harness.ts";

const FOREIGN = '{\n  "statusLine": {"type": "command", "command": "printf old"}\n}\n';

/** Two configuration directories as a list; the second one already has a statusLine. */
function two(at: Harness): { list: string; first: string; second: string } {
  const [first, second] = [join(at.home, ".claude/settings.json"), join(at.home, ".claude-work/settings.json")];
  at.write(first, '{"model": "opus"}\n');
  at.write(second, FOREIGN);
  return { list: `~/.claude, ${at.home}/.claude-work/,~/.claude`, first, second };
}

const jsonOf = (at: Harness): Record<string, unknown> & { directories: Record<string, unknown>[] } =>
  JSON.parse(at.printed.at(-1) ?? "");

/** The Pawprint directory that a new process would use with this home. */
const petsFor = (at: Harness, env: Environment): string => petsOf({ HOME: at.home, ...env }, at.home, at.root);

describe("a list of configuration directories", () => {
  test("install adds the line to each of them, and uninstall restores the bytes of each", async () => {
    using at = harness();
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

  test("install changes none of them if one cannot be read", async () => {
    using at = harness();
    const { list, second } = two(at);
    at.write(second, "{");
    const before = at.state();
    await expect(at.run(install, {}, { CLAUDE_CONFIG_DIR: list })).rejects.toMatchObject({
      code: "settings_unreadable",
      message: expect.stringContaining(second),
    });
    expect(at.state()).toEqual(before);
  });

  test("a relative path is refused by install and uninstall, and is a setting problem everywhere else", async () => {
    using at = harness();
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
    using at = harness();
    const { first } = two(at);
    mkdirSync(join(at.home, ".claude-other"));
    symlinkSync(first, join(at.home, ".claude-other/settings.json"));
    const env = { CLAUDE_CONFIG_DIR: "~/.claude,~/.claude-other" };
    await at.run(install, { json: true }, env);
    expect(jsonOf(at).directories).toHaveLength(1);
    // The previous statusLine is found whichever of them Claude Code uses.
    expect(Object.keys(JSON.parse(at.read(`${at.pets}/install.json`)).lines)).toHaveLength(2);
    await at.run(uninstall, {}, env);
    expect(at.read(first)).toBe('{"model": "opus"}\n');
  });

  test("a directory and a link to it count once, even if install and uninstall use different names for it", async () => {
    using at = harness();
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

  test("a line that runs our program through a link to our directory is recognised as ours", async () => {
    using at = harness();
    at.write(join(at.home, "work/settings.json"), FOREIGN);
    symlinkSync("work", join(at.home, "link"));
    await at.run(install, {}, { CLAUDE_CONFIG_DIR: "~/link" });
    expect(at.read(join(at.home, "work/settings.json"))).toContain("/link/pets/bin/statusline.js");
    await at.run(uninstall, { json: true }, { CLAUDE_CONFIG_DIR: "~/work" });
    expect(jsonOf(at)).toMatchObject({ outcome: "restored" });
    expect(at.read(join(at.home, "work/settings.json"))).toBe(FOREIGN);
    expect(existsSync(join(at.home, "work/pets/bin"))).toBe(false);
  });

  test("doctor names the configuration directory without our line", async () => {
    using at = harness();
    const { list, second } = two(at);
    await at.run(install);
    const check = {
      name: "line",
      state: "note",
      message: `is not set in ${second}`,
      shareable: "is not set in […]",
      remedy: "run: pawprint install",
    } as const;
    symlinkSync(".claude-work", join(at.home, "link"));
    for (const links of ["", ",~/link"]) {
      const context = contextOf({ HOME: at.home, CLAUDE_CONFIG_DIR: list + links }, at.root, {}, []);
      expect(directoryChecks(context)).toEqual([check]);
    }
  });
});

describe("the Pawprint directory", () => {
  test("is below the first configuration directory if there is no ~/.claude", async () => {
    using at = harness();
    const config = join(at.home, ".config/claude");
    const env = { CLAUDE_CONFIG_DIR: "~/.config/claude,~/.other" };
    expect(petsFor(at, env)).toBe(`${config}/pets`);
    await at.run(install, { log: true }, env);
    expect(readdirSync(at.home).toSorted()).toEqual([".config", ".other"]);
    expect(readdirSync(`${config}/pets`)).toContain("install.json");
    // It stays there if ~/.claude is created later, and for a program started without the variable.
    mkdirSync(join(at.home, ".claude"));
    expect(petsFor(at, env)).toBe(`${config}/pets`);
    expect(petsFor(at, {})).toBe(`${config}/pets`);
  });

  test("is ~/.claude/pets if there is a ~/.claude, if it was used before, or if nothing is set", () => {
    using at = harness();
    expect(petsFor(at, {})).toBe(at.pets);
    expect(petsFor(at, { CLAUDE_CONFIG_DIR: " , " })).toBe(at.pets);
    mkdirSync(join(at.home, ".claude"));
    expect(petsFor(at, { CLAUDE_CONFIG_DIR: "~/.config/claude" })).toBe(at.pets);
    mkdirSync(at.pets);
    mkdirSync(join(at.home, ".config/claude/pets"), { recursive: true });
    expect(petsFor(at, { CLAUDE_CONFIG_DIR: "~/.config/claude" })).toBe(at.pets);
  });

  test("is PET_HOME if that is set, unless it is not an absolute path, which is a setting problem", async () => {
    using at = harness();
    mkdirSync(at.pets, { recursive: true });
    expect(petsFor(at, { PET_HOME: "~/paws/", CLAUDE_CONFIG_DIR: "/elsewhere" })).toBe(`${at.home}/paws`);
    const env = { HOME: at.home, PET_HOME: "paws" };
    expect(petsFor(at, env)).toBe(at.pets);
    const { problems } = await loadSettings(env, placesOf(env, at.root));
    expect(problems).toMatchObject([{ setting: "PET_HOME", value: "paws" }]);
  });
});

test("doctor names configuration directories with transcripts that are not read, and how to read them", () => {
  using at = harness();
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
