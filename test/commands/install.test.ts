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
  test("puts the line in and keeps every other byte", async () => {
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

  test("a second time changes nothing at all and says so", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    await at.install("log");
    const before = at.state();
    expect(await at.install("log")).toMatchObject({ changed: false, files: [], backup: null, diff: "" });
    expect(at.state()).toEqual(before);
    await at.run(install);
    expect(at.printed).toContain("already installed: nothing changed");
  });

  test("what it makes is for the user alone, and settings.json keeps its mode", async () => {
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

  test("makes settings.json where there is none, and the directory too", async () => {
    using at = harness();
    await at.install();
    expect(JSON.parse(at.read(at.settings))).toMatchObject({ statusLine: { type: "command", refreshInterval: 10 } });
    expect(statSync(at.settings).mode & 0o777).toBe(0o600);
    await at.uninstall();
    expect(existsSync(at.settings)).toBe(false);
  });

  test("follows CLAUDE_CONFIG_DIR", async () => {
    using at = harness();
    const config = join(at.directory, "work");
    mkdirSync(join(at.home, ".claude"));
    await at.run(install, {}, { CLAUDE_CONFIG_DIR: config });
    expect(at.read(join(config, "settings.json"))).toContain("/.claude/pets/bin/statusline.js");
    expect(existsSync(at.settings)).toBe(false);
  });

  test("works from paths with spaces, quotes and dollars", async () => {
    using at = harness("a b'c\"d$e`f");
    const { command } = await at.install();
    expect((await refresh(command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
  });

  test("names the Bun by its link on PATH, which outlives an update", async () => {
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

describe("settings that are no plain file", () => {
  test("a link is followed, relative or absolute, and stays a link", async () => {
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

  test("a link to nothing yet makes what it points to", async () => {
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
    "links in a circle": (path) => symlinkSync(path, path),
    "no JSON": (path) => writeFileSync(path, '{"a": 1,, }'),
    "no UTF-8": (path) => writeFileSync(path, Buffer.from('{"a": "\xe9"}', "latin1")),
    "UTF-16": (path) => writeFileSync(path, Buffer.from('\uFEFF{"a": 1}', "utf16le")),
    "a list": (path) => writeFileSync(path, "[]"),
  };
  for (const [name, make] of Object.entries(refused)) {
    test(`${name}: refused, and nothing is touched`, async () => {
      using at = harness();
      mkdirSync(dirname(at.settings), { recursive: true });
      make(at.settings);
      const before = readdirSync(dirname(at.settings));
      const text = name.startsWith("no ") ? at.read(at.settings) : "";
      await expect(at.install()).rejects.toMatchObject({
        code: "settings_unreadable",
        message: expect.stringContaining(at.settings),
      });
      expect(readdirSync(dirname(at.settings))).toEqual(before);
      if (text) expect(at.read(at.settings)).toBe(text);
    });
  }
});

describe("a statusLine that stands there already", () => {
  test("is remembered, and uninstall brings back the very bytes", async () => {
    using at = harness();
    at.write(at.settings, WITH_FOREIGN);
    expect(await at.install()).toMatchObject({ previous: FOREIGN });
    expect(at.read(at.settings)).not.toContain("printf old");
    expect(await at.uninstall()).toMatchObject({ outcome: "restored" });
    expect(at.read(at.settings)).toBe(WITH_FOREIGN);
  });

  test("is still remembered after more installations of other kinds", async () => {
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

  test("keeps what the user added to ours", async () => {
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

  test("says that disableAllHooks hides every statusline", async () => {
    using at = harness();
    at.write(at.settings, '{"disableAllHooks": true}');
    expect(await at.install()).toMatchObject({ notes: [expect.stringContaining("disableAllHooks")] });
  });
});

describe("a new version", () => {
  const later = (at: { pets: string }): string[] =>
    readdirSync(`${at.pets}/bin`).filter((name) => name.startsWith("later-"));

  test("keeps what lines of the one before may still load, and nothing older", async () => {
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

  test("is never seen half: every refresh during twenty exchanges shows a whole line", async () => {
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

  test("of another configuration directory leaves the files that the first one needs", async () => {
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
