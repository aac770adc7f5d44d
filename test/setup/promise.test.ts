import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install } from "../../src/commands/install.ts";
import { obstaclesTo, storeInstructions } from "../../src/setup/promise.ts";
import { isInStore } from "../../src/setup/settings.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { desk } from "./desk.ts";

setDefaultTimeout(60_000);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const PROMISE = "running sessions of Claude Code show it at their next refresh";

describe("what install promises", () => {
  test("is a line at the next refresh, where nothing is in its way", async () => {
    using machine = desk();
    machine.write(machine.settings, '{"model": "opus"}');
    await machine.run(install);
    expect(machine.printed).toContain(PROMISE);
  });

  test.each([
    ['{ // mine\n  "model": "opus"\n}\n', "line 1: a comment"],
    ['{\n  /* mine */\n  "model": "opus",\n}\n', "line 2: a comment"],
    ['{\n  "model": "opus",\n}\n', "a comma before a closing bracket"],
    ['{"disableAllHooks": 1}', "disableAllHooks is not true or false"],
  ])("is no line where Claude Code skips the whole file, as it does %p", async (text, reason) => {
    using machine = desk();
    machine.write(machine.settings, text);
    await machine.run(install);
    expect(machine.printed).not.toContain(PROMISE);
    const told = machine.printed.join("\n");
    expect(told).toContain(`note: Claude Code skips all of ${machine.settings} (`);
    expect(told).toContain(reason);
    expect(machine.read(machine.settings)).toContain("/pets/bin/");
  });

  test("is no line where all hooks are off", async () => {
    using machine = desk();
    machine.write(machine.settings, '{"disableAllHooks": true}');
    await machine.run(install);
    expect(machine.printed).not.toContain(PROMISE);
    expect(machine.printed.join("\n")).toContain("disableAllHooks is set in these settings");
  });

  test("is no line where the settings start Claude Code in safe mode", async () => {
    using machine = desk();
    machine.write(machine.settings, '{"env": {"CLAUDE_CODE_SAFE_MODE": "1"}}');
    await machine.run(install);
    expect(machine.printed).not.toContain(PROMISE);
    expect(machine.printed.join("\n")).toContain(`note: CLAUDE_CODE_SAFE_MODE is set in ${machine.settings}`);
  });

  test("looks at managed settings too", () => {
    const root = mkdtempSync(join(tmpdir(), "pawprint-managed-"));
    folders.push(root);
    const places = placesOf({ HOME: root }, root);
    const told = (policy: string | null): readonly string[] => {
      mkdirSync(join(root, "managed"), { recursive: true });
      if (policy !== null) writeFileSync(join(root, "managed/managed-settings.json"), policy);
      return obstaclesTo("{}", "/settings.json", places, join(root, "managed"));
    };
    const file = join(root, "managed/managed-settings.json");
    expect(told(null)).toEqual([]);
    expect(told('{"model":"opus"}')).toEqual([]);
    expect(told('{"allowManagedHooksOnly":true}')).toEqual([
      `managed settings keep Claude Code from showing it: ${file}: allowManagedHooksOnly is set there`,
    ]);
    expect(told('{"statusLine":{"type":"command","command":"echo"}}')).toEqual([
      `managed settings show another statusLine in the place of it: ${file}`,
    ]);
  });
});

describe("settings that a store owns", () => {
  test("are those that lead into a store, not any link", () => {
    const path = "/home/user/.claude/settings.json";
    expect(isInStore({ path, target: "/nix/store/1a2b-home-manager-files/.claude/settings.json" })).toBe(true);
    expect(isInStore({ path, target: "/gnu/store/1a2b-home/settings.json" })).toBe(true);
    expect(isInStore({ path, target: path })).toBe(false);
    const root = mkdtempSync(join(tmpdir(), "pawprint-dotfiles-"));
    folders.push(root);
    writeFileSync(join(root, "settings.json"), "{}");
    expect(isInStore({ path, target: join(root, "settings.json") })).toBe(false);
    expect(isInStore({ path, target: join(root, "nowhere/settings.json") })).toBe(false);
  });

  test("are told what to add, as JSON and as Nix, and never to become root", () => {
    const value = { type: "command", command: '"/home/u/bun" "${x}"', refreshInterval: 10 } as const;
    const lines = storeInstructions("/settings.json", "/nix/store/x", value);
    const [, json = "", , nix = ""] = lines;
    expect(JSON.parse(`{${json}}`)).toEqual({ statusLine: value });
    expect(nix).toBe(
      String.raw`  programs.claude-code.settings.statusLine = builtins.fromJSON "{\"type\":\"command\",\"command\":\"\\\"/home/u/bun\\\" \\\"\${x}\\\"\",\"refreshInterval\":10}";`,
    );
    expect(lines.join("\n")).not.toMatch(/sudo|root/);
  });

  const isRoot = process.getuid?.() === 0;
  test.skipIf(isRoot)("are left alone, and the program is put in place", async () => {
    using machine = desk();
    const store = join(machine.directory, "store");
    const text = '{"statusLine": {"type": "command", "command": "printf old"}}';
    machine.write(join(store, "settings.json"), text);
    mkdirSync(join(machine.home, ".claude"), { recursive: true });
    Bun.spawnSync(["ln", "-s", join(store, "settings.json"), machine.settings]);
    Bun.spawnSync(["chmod", "555", store]);
    try {
      const told = await machine.install();
      expect(told).toMatchObject({ settings_changed: false, shown: false, diff: "", backup: null });
      expect(JSON.stringify(told["by_hand"])).toContain("programs.claude-code.settings.statusLine");
      expect(readFileSync(machine.settings, "utf8")).toBe(text);
      await machine.run(install);
      expect(machine.printed.join("\n")).not.toContain("uninstall puts it back");
      expect(told.files.length).toBeGreaterThan(0);
    } finally {
      Bun.spawnSync(["chmod", "755", store]);
    }
  });
});
