import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install } from "../../src/commands/install.ts";
import { obstaclesFor, storeInstructions } from "../../src/install/obstacles.ts";
import { isInStore } from "../../src/install/settings.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { harness } from "./harness.ts";

setDefaultTimeout(60_000);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const PROMISE = "running Claude Code sessions show it at their next refresh";

describe("the promise that install prints", () => {
  test("is that the line appears at the next refresh, if nothing prevents it", async () => {
    using machine = harness();
    machine.write(machine.settings, '{"model": "opus"}');
    await machine.run(install);
    expect(machine.printed).toContain(PROMISE);
  });

  test.each([
    ['{ // mine\n  "model": "opus"\n}\n', "line 1: a comment"],
    ['{\n  /* mine */\n  "model": "opus",\n}\n', "line 2: a comment"],
    ['{\n  "model": "opus",\n}\n', "a comma before a closing bracket"],
    ['{"disableAllHooks": 1}', "disableAllHooks is not true or false"],
  ])("is left out if Claude Code skips the whole settings file %p", async (text, reason) => {
    using machine = harness();
    machine.write(machine.settings, text);
    await machine.run(install);
    expect(machine.printed).not.toContain(PROMISE);
    const output = machine.printed.join("\n");
    expect(output).toContain(`note: Claude Code skips all of ${machine.settings} (`);
    expect(output).toContain(reason);
    expect(machine.read(machine.settings)).toContain("/pets/bin/");
  });

  test("is left out if all hooks are disabled", async () => {
    using machine = harness();
    machine.write(machine.settings, '{"disableAllHooks": true}');
    await machine.run(install);
    expect(machine.printed).not.toContain(PROMISE);
    expect(machine.printed.join("\n")).toContain("disableAllHooks is set in these settings");
  });

  test("is not given if the settings start Claude Code in safe mode", async () => {
    using machine = harness();
    machine.write(machine.settings, '{"env": {"CLAUDE_CODE_SAFE_MODE": "1"}}');
    await machine.run(install);
    expect(machine.printed).not.toContain(PROMISE);
    expect(machine.printed.join("\n")).toContain(`note: CLAUDE_CODE_SAFE_MODE is set in ${machine.settings}`);
  });

  test("is not given if managed settings prevent it", () => {
    const root = mkdtempSync(join(tmpdir(), "pawprint-managed-"));
    folders.push(root);
    const places = placesOf({ HOME: root }, root);
    const obstaclesWith = (policy: string | null): readonly string[] => {
      mkdirSync(join(root, "managed"), { recursive: true });
      if (policy !== null) writeFileSync(join(root, "managed/managed-settings.json"), policy);
      return obstaclesFor("{}", "/settings.json", places, join(root, "managed"));
    };
    const file = join(root, "managed/managed-settings.json");
    expect(obstaclesWith(null)).toEqual([]);
    expect(obstaclesWith('{"model":"opus"}')).toEqual([]);
    expect(obstaclesWith('{"allowManagedHooksOnly":true}')).toEqual([
      `managed settings keep Claude Code from showing it: ${file}: allowManagedHooksOnly is set there`,
    ]);
    expect(obstaclesWith('{"statusLine":{"type":"command","command":"echo"}}')).toEqual([
      `managed settings show another statusLine instead: ${file}`,
    ]);
  });
});

describe("settings in a package manager's store", () => {
  test("are recognised by a link into a store, not by any link", () => {
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

  test("get instructions as JSON and as Nix, and none to become root", () => {
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
  test.skipIf(isRoot)("are not changed, but the program is installed", async () => {
    using machine = harness();
    const store = join(machine.directory, "store");
    const text = '{"statusLine": {"type": "command", "command": "printf old"}}';
    machine.write(join(store, "settings.json"), text);
    mkdirSync(join(machine.home, ".claude"), { recursive: true });
    Bun.spawnSync(["ln", "-s", join(store, "settings.json"), machine.settings]);
    Bun.spawnSync(["chmod", "555", store]);
    try {
      const result = await machine.install();
      expect(result).toMatchObject({ settings_changed: false, shown: false, diff: "", backup: null });
      expect(JSON.stringify(result["by_hand"])).toContain("programs.claude-code.settings.statusLine");
      expect(readFileSync(machine.settings, "utf8")).toBe(text);
      await machine.run(install);
      expect(machine.printed.join("\n")).not.toContain("uninstall restores it");
      expect(result.files.length).toBeGreaterThan(0);
    } finally {
      Bun.spawnSync(["chmod", "755", store]);
    }
  });
});
