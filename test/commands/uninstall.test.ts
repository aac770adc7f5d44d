import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { uninstall } from "../../src/commands/uninstall.ts";
import { planInstall, planUninstall } from "../../src/install/plan.ts";
import { apply, problemOf } from "../../src/install/jsonc.ts";
import { removeStatusLine, statusLineOf } from "../../src/install/status-line.ts";
import { contextOf, harness, type Harness } from "../install/harness.ts";
import { documents, documentsWithLine } from "../install/jsonc.ts";

const isOurs = (value: unknown): boolean => JSON.stringify(value)?.includes("OUR LINE") ?? false;
const wanted = { chain: false, command: () => "OUR LINE" };
const FOREIGN = '{"type": "command", "command": "printf old"}';

describe("uninstall is the inverse of install", () => {
  test("restores any document to the byte", () => {
    fc.assert(
      fc.property(fc.oneof(documents, documentsWithLine, fc.constantFrom("", " \r\n", "\uFEFF")), (text) => {
        const { after, line } = planInstall({ text, recorded: null, isOurs }, wanted);
        expect(isOurs(statusLineOf(after)?.value)).toBe(true);
        expect(planUninstall({ text: after, recorded: line, isOurs }).after).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("restores any document after a second install with another command", () => {
    fc.assert(
      fc.property(documentsWithLine, (text) => {
        const first = planInstall({ text, recorded: null, isOurs }, wanted);
        const known = { text: first.after, recorded: first.line, isOurs };
        const second = planInstall(known, { chain: true, command: () => "env A=1 OUR LINE 2" });
        expect(planUninstall({ text: second.after, recorded: second.line, isOurs }).after).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test("changes only our key if somebody else edited the file in between", () => {
    fc.assert(
      fc.property(documentsWithLine, fc.boolean(), (text, twice) => {
        const { after, line } = planInstall({ text, recorded: null, isOurs }, wanted);
        const edited = `${after}// theirs\n`;
        const known = { text: edited, recorded: twice ? line : null, isOurs };
        const gone = planUninstall(known).after ?? "";
        expect(problemOf(gone)).toBeNull();
        if (twice) expect(gone).toBe(`${text}// theirs\n`);
        else expect(gone).toBe(apply(edited, removeStatusLine(edited)));
      }),
      { numRuns: 200 },
    );
  });
});

describe("uninstall", () => {
  test("removes what install added, and keeps logs and settings", async () => {
    using at = harness();
    at.write(at.settings, '{"a": 1}');
    await at.install("log");
    at.write(`${at.pets}/logs/usage.jsonl`, "{}\n");
    at.write(`${at.pets}/bin/mine.sh`, "theirs");
    const done = await at.uninstall();
    expect(done).toMatchObject({ outcome: "removed", needed_by: [] });
    const kept = (done["kept"] as { what: string; files: string[] }[]).flatMap(({ files }) => files);
    expect(kept).toContain(`${at.pets}/.env`);
    expect(kept).toContain(`${at.pets}/logs/usage.jsonl`);
    expect(readdirSync(`${at.pets}/bin`)).toEqual(["mine.sh"]);
    expect(readdirSync(at.pets).toSorted()).toEqual([".env", "bin", "install.lock", "logs"]);
    expect(at.read(at.settings)).toBe('{"a": 1}');
  });

  test("changes nothing the second time, or without an installation", async () => {
    using at = harness();
    expect(await at.uninstall()).toMatchObject({ outcome: "absent", files: [] });
    expect(at.state()).toEqual({});
    at.write(at.settings, '{"a": 1}');
    await at.install();
    await at.uninstall();
    const before = at.state();
    expect(await at.uninstall()).toMatchObject({ outcome: "absent", files: [], backup: null });
    expect(at.state()).toEqual(before);
  });

  test("--dry-run shows the diff and writes nothing", async () => {
    using at = harness();
    await at.install();
    const before = at.state();
    await at.run(uninstall, { "dry-run": true });
    expect(at.printed).toContain('-  "statusLine": {');
    expect(at.printed.at(-1)).toMatch(/^would remove \d+ files from /);
    expect(at.state()).toEqual(before);
  });

  test.each([
    ["another copy", "root", "checkout", (at: Harness) => `bun ${at.root}/dist/cli.js`],
    ["the installed copy, which removes itself", "pets", "npx", () => "npx --yes pawprint@latest"],
    ["the installed copy, from a package", "pets", "npm install --global", () => "pawprint"],
  ] as const)("by %s, names a command for the rest that still exists", async (_, from, name, command) => {
    using at = harness();
    await at.install("log");
    const record = JSON.parse(at.read(`${at.pets}/install.json`)) as { installed_from: object };
    const installed_from = { ...record.installed_from, name };
    at.write(`${at.pets}/install.json`, JSON.stringify({ ...record, installed_from }));
    const printed: string[] = [];
    await uninstall.run(contextOf({ HOME: at.home }, at[from], {}, printed));
    expect(printed).toContain(`kept; ${command(at)} uninstall --purge removes all of it, or remove it by hand:`);
  });

  test("keeps a statusLine that is no longer ours, and says so", async () => {
    using at = harness();
    await at.install();
    const theirs = `{"statusLine": ${FOREIGN}}`;
    at.write(at.settings, theirs);
    await at.run(uninstall);
    expect(at.printed).toContain(`left another program's statusLine in ${at.settings}`);
    expect(at.read(at.settings)).toBe(theirs);
    expect(existsSync(`${at.pets}/bin`)).toBe(false);
  });

  test("restores the previous statusLine in a file that was edited since", async () => {
    using at = harness();
    at.write(at.settings, `{\n  "statusLine": ${FOREIGN}\n}\n`);
    await at.install();
    at.write(at.settings, at.read(at.settings).replace("\n}\n", ',\n  "theirs": [1, 2]\n}\n'));
    await at.uninstall();
    expect(at.read(at.settings)).toBe(`{\n  "statusLine": ${FOREIGN},\n  "theirs": [1, 2]\n}\n`);
  });

  test("still removes our line if install.json is lost", async () => {
    using at = harness();
    at.write(at.settings, '{\n  "a": 1\n}\n');
    await at.install();
    await Bun.file(`${at.pets}/install.json`).delete();
    expect(await at.uninstall()).toMatchObject({ outcome: "removed" });
    expect(at.read(at.settings)).toBe('{\n  "a": 1\n}\n');
  });

  test("refuses a damaged install.json and unreadable settings before it changes anything", async () => {
    using at = harness();
    at.write(at.settings, `{"statusLine": ${FOREIGN}}`);
    await at.install();
    const text = at.read(`${at.pets}/install.json`);
    at.write(`${at.pets}/install.json`, text.replace('"files": [', '"files": ["../../evil",'));
    const before = at.state();
    await expect(at.uninstall()).rejects.toMatchObject({ code: "file_refused" });
    at.write(`${at.pets}/install.json`, text);
    at.write(at.settings, "{");
    await expect(at.uninstall()).rejects.toMatchObject({ code: "settings_unreadable" });
    expect(Object.keys(at.state())).toEqual(Object.keys(before));
  });

  test("of two configuration directories removes the files with the second one", async () => {
    using at = harness();
    const work = { CLAUDE_CONFIG_DIR: join(at.directory, "work") };
    await at.install();
    await at.run((await import("../../src/commands/install.ts")).install, {}, work);
    await at.uninstall();
    expect(existsSync(`${at.pets}/bin/statusline.js`)).toBe(true);
    await at.run(uninstall, {}, work);
    expect(existsSync(`${at.pets}/bin`)).toBe(false);
    expect(existsSync(`${at.pets}/install.json`)).toBe(false);
  });
});
