import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { install } from "../../src/commands/install.ts";
import { isTemporary } from "../../src/install/command.ts";
import { harness, refresh } from "../install/harness.ts";

const SETTINGS = '{\n  // mine\n  "model": "opus",\n  "env": { "A": "1" } // last\n}\n';
const FOREIGN = '{ "type": "command", /* old */ "command": "printf old", "padding": 0 }';
const WITH_FOREIGN = `{\n  "statusLine": ${FOREIGN},\n  "model": "opus",\n}\n`;

describe("install", () => {
  test("adds the line to settings.json and keeps every other byte", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    const done = await at.install();
    expect(done).toMatchObject({ changed: true, settings: at.settings, standalone: false, previous: null, notes: [] });
    const after = at.read(at.settings);
    expect(after).toStartWith('{\n  // mine\n  "model": "opus",\n  "env": { "A": "1" }, // last\n  "statusLine": {\n');
    expect(after).toEndWith('    "refreshInterval": 10\n  }\n}\n');
    expect(at.read(String(done["backup"]))).toBe(SETTINGS);
    expect(await refresh(done.command, { cwd: at.home, env: { HOME: at.home } })).toMatchObject({
      out: "line of s1 1 calm\n",
      code: 0,
    });
  });

  test("changes nothing the second time and says so", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    await at.install("log");
    const before = at.state();
    expect(await at.install("log")).toMatchObject({ changed: false, files: [], backup: null, diff: "" });
    expect(at.state()).toEqual(before);
    await at.run(install);
    expect(at.printed).toContain("already installed; nothing changed");
  });

  test("creates files that only the user can access, and settings.json keeps its mode", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    const before = statSync(at.settings).mode;
    const { backup } = await at.install();
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect(statSync(at.settings).mode).toBe(before);
    expect([at.pets, `${at.pets}/bin`].map(mode)).toEqual(["700", "700"]);
    expect([`${at.pets}/install.json`, `${at.pets}/bin/statusline.js`, String(backup)].map(mode)).toEqual([
      "600",
      "600",
      "600",
    ]);
    expect(mode(`${at.pets}/bin/cli.js`)).toBe("700");
  });

  test("--dry-run shows the diff and writes nothing", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    const before = at.state();
    expect(await at.install("dry-run", "log")).toMatchObject({ dry_run: true, changed: true });
    await at.run(install, { "dry-run": true, log: true });
    expect(at.printed).toContain('+  "statusLine": {');
    expect(at.printed).toContain("+PET_USAGE_LOGGING_ENABLED=true");
    await at.run(install, { "dry-run": true, standalone: true });
    expect(at.state()).toEqual(before);
  });

  test("creates a missing settings.json and its directory", async () => {
    using at = harness();
    await at.install();
    expect(JSON.parse(at.read(at.settings))).toMatchObject({ statusLine: { type: "command", refreshInterval: 10 } });
    expect(statSync(at.settings).mode & 0o777).toBe(0o600);
    await at.uninstall();
    expect(existsSync(at.settings)).toBe(false);
  });

  test("installs into the directory that CLAUDE_CONFIG_DIR names", async () => {
    using at = harness();
    const config = join(at.directory, "work");
    mkdirSync(join(at.home, ".claude"));
    await at.run(install, {}, { CLAUDE_CONFIG_DIR: config });
    expect(at.read(join(config, "settings.json"))).toContain("/.claude/pets/bin/statusline.js");
    expect(existsSync(at.settings)).toBe(false);
  });

  test("works with paths that contain spaces, quotes and dollar signs", async () => {
    using at = harness("a b'c\"d$e`f");
    const { command } = await at.install();
    expect((await refresh(command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
  });

  test("names Bun by its link on PATH, which survives an update", async () => {
    using at = harness();
    const bin = "/opt/no/such";
    const link = Bun.which("bun");
    const named = link === null || isTemporary(link, {}) ? process.execPath : link;
    expect((await at.install()).command).toStartWith(
      `"${named}" --no-env-file --config=/dev/null --tsconfig-override=/dev/null "`,
    );
    await at.run(install, { "dry-run": true, json: true }, { PATH: bin });
    expect(JSON.parse(at.printed.at(-1) ?? "").command).toStartWith(`"${process.execPath}" `);
  });
});

describe("a settings.json that is not a regular file", () => {
  test("is followed if it is a relative or absolute link, and stays a link", async () => {
    using at = harness();
    const real = join(at.directory, "dotfiles/claude.json");
    at.write(real, SETTINGS);
    mkdirSync(dirname(at.settings), { recursive: true });
    symlinkSync("../../dotfiles/claude.json", at.settings);
    const { backup } = await at.install();
    expect(readlinkSync(at.settings)).toBe("../../dotfiles/claude.json");
    expect(at.read(real)).toContain("statusLine");
    expect(dirname(String(backup))).toBe(dirname(at.settings));
    expect(readdirSync(dirname(real))).toEqual(["claude.json"]);
    await at.uninstall();
    expect(at.read(real)).toBe(SETTINGS);
  });

  test("is created at the target of a dangling link", async () => {
    using at = harness();
    mkdirSync(join(at.directory, "dotfiles"));
    mkdirSync(dirname(at.settings), { recursive: true });
    symlinkSync(join(at.directory, "dotfiles/claude.json"), at.settings);
    await at.install();
    expect(lstatSync(at.settings).isSymbolicLink()).toBe(true);
    expect(at.read(join(at.directory, "dotfiles/claude.json"))).toContain("statusLine");
  });

  const refused: Record<string, (path: string) => void> = {
    "a directory": (path) => mkdirSync(path),
    "a FIFO": (path) => Bun.spawnSync(["mkfifo", path]),
    "a loop of links": (path) => symlinkSync(path, path),
    "not JSON": (path) => writeFileSync(path, '{"a": 1,, }'),
    "not UTF-8": (path) => writeFileSync(path, Buffer.from('{"a": "\xe9"}', "latin1")),
    "UTF-16": (path) => writeFileSync(path, Buffer.from('\uFEFF{"a": 1}', "utf16le")),
    "a list": (path) => writeFileSync(path, "[]"),
  };
  for (const [name, make] of Object.entries(refused)) {
    test(`is refused and not changed if it is ${name}`, async () => {
      using at = harness();
      mkdirSync(dirname(at.settings), { recursive: true });
      make(at.settings);
      const before = readdirSync(dirname(at.settings));
      const text = name.startsWith("not ") ? at.read(at.settings) : "";
      await expect(at.install()).rejects.toMatchObject({
        code: "settings_unreadable",
        message: expect.stringContaining(at.settings),
      });
      expect(readdirSync(dirname(at.settings))).toEqual(before);
      if (text) expect(at.read(at.settings)).toBe(text);
    });
  }
});

describe("a previous statusLine", () => {
  test("is saved, and uninstall restores its exact bytes", async () => {
    using at = harness();
    at.write(at.settings, WITH_FOREIGN);
    expect(await at.install()).toMatchObject({ previous: FOREIGN });
    expect(at.read(at.settings)).not.toContain("printf old");
    expect(await at.uninstall()).toMatchObject({ outcome: "restored" });
    expect(at.read(at.settings)).toBe(WITH_FOREIGN);
  });

  test("is still saved after further installs with other options", async () => {
    using at = harness();
    at.write(at.settings, WITH_FOREIGN);
    await at.install();
    await at.install("chain");
    at.version("2");
    await at.install("standalone");
    await at.install();
    await at.uninstall();
    expect(at.read(at.settings)).toBe(WITH_FOREIGN);
  });

  test("of ours keeps what the user added to it", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    const { command } = await at.install();
    const edited = at
      .read(at.settings)
      .replace('"command": "', '"padding": 0,\n    "command": "PET_THEME=dusk ')
      .replace("10", "5");
    at.write(at.settings, edited);
    expect(await at.install()).toMatchObject({ settings_changed: false });
    expect(at.read(at.settings)).toBe(edited);
    await at.install("standalone");
    expect(JSON.parse(at.read(at.settings).replace(/\/\/.*/g, "")).statusLine).toEqual({
      type: "command",
      padding: 0,
      command: `"${at.pets}/bin/pawprint" statusline`,
      refreshInterval: 5,
    });
    expect(command).not.toContain(`${at.pets}/bin/pawprint`);
    await at.uninstall();
    expect(at.read(at.settings)).toBe(SETTINGS);
  });

  test("gets a note that disableAllHooks hides every statusline", async () => {
    using at = harness();
    at.write(at.settings, '{"disableAllHooks": true}');
    expect(await at.install()).toMatchObject({ notes: [expect.stringContaining("disableAllHooks")] });
  });
});

describe("a new version", () => {
  const later = (at: { pets: string }): string[] =>
    readdirSync(`${at.pets}/bin`).filter((name) => name.startsWith("later-"));

  test("keeps the files of the version before, which running lines may still load, and nothing older", async () => {
    using at = harness();
    await at.install();
    const first = later(at);
    at.version("2");
    const { files, command } = await at.install();
    expect(files).toContain("statusline.js");
    expect(later(at)).toEqual(expect.arrayContaining(first));
    expect(later(at)).toHaveLength(2);
    expect((await refresh(command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 2 calm\n");
    at.version("3");
    await at.install();
    expect(later(at)).toHaveLength(2);
    expect(later(at)).not.toContain(first[0]);
  });

  test("is installed atomically: every refresh during twenty updates shows a whole line", async () => {
    using at = harness();
    const { command } = await at.install();
    const stop = new AbortController();
    const shown: string[] = [];
    const refreshing = (async () => {
      while (!stop.signal.aborted) shown.push((await refresh(command, { cwd: at.home, env: { HOME: at.home } })).out);
    })();
    for (let version = 2; version < 22; version++) {
      at.version(String(version));
      await at.install();
    }
    stop.abort();
    await refreshing;
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((line) => !/^line of s1 \d+ calm\n$/.test(line))).toEqual([]);
  });

  test("installed for another configuration directory keeps the files that the first one needs", async () => {
    using at = harness();
    const first = await at.install();
    const work = { CLAUDE_CONFIG_DIR: join(at.directory, "work") };
    await at.run(install, { standalone: true, json: true }, work);
    const second = JSON.parse(at.printed.at(-1) ?? "");
    for (const { command } of [first, second]) {
      expect((await refresh(command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
    }
    expect(await at.uninstall()).toMatchObject({ files: [], needed_by: [join(at.directory, "work")] });
    expect((await refresh(second.command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
  });
});
