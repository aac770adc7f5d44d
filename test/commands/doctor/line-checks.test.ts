import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { lineChecks } from "../../../src/commands/doctor/line-checks.ts";
import { contextOf } from "../../install/harness.ts";

setDefaultTimeout(30_000);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const line = (command: string, more: object = {}) => ({ statusLine: { type: "command", command }, ...more });
/** Placeholder for the test's root folder in the content of files. */
const ROOT = "{root}";
const COMMAND = `echo mine # ${ROOT}/home/.claude/pets/bin/statusline.js`;
const OURS = line(`head -c 1 > /dev/null; ${COMMAND}`);

/** A home with a project, and the managed folder; files are given by their path below the test's root folder. */
function machineWith(files: Readonly<Record<string, unknown>>, env: Record<string, string> = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-line-")));
  folders.push(root);
  mkdirSync(join(root, "home/proj/sub"), { recursive: true });
  for (const [path, content] of Object.entries({ "home/.claude/settings.json": OURS, ...files })) {
    if (content === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(root, path), text.replaceAll(ROOT, root));
  }
  const context = contextOf({ HOME: join(root, "home"), PATH: "/usr/bin:/bin", ...env }, root, {}, []);
  return {
    root,
    context,
    async checks(folder = "home/proj"): Promise<string[]> {
      const checks = await lineChecks(context, join(root, folder), join(root, "managed"));
      return checks.map(({ name, state, message }) => `${state} ${name}: ${message.replaceAll(root, "")}`);
    },
  };
}
const checksOf = (files: Readonly<Record<string, unknown>>, env: Record<string, string> = {}) =>
  machineWith(files, env).checks();

const LINE = "ok line: prints the line in 0 ms while stdin stays open";
const STANDBY = "note command: your own command prints the line in 0 ms while stdin stays open";
const blocked = (path: string, reason: string): string =>
  `broken line: Claude Code does not show your statusline here: ${path}: ${reason}`;
const PROJECT = "home/proj/.claude/settings.json";
const LOCAL = "home/proj/.claude/settings.local.json";
const MANAGED = "managed/managed-settings.json";

describe.skipIf(process.platform === "win32")("doctor, with the settings of a folder", () => {
  test("finds the user's line in effect if the folder has none of its own", async () => {
    expect(await checksOf({})).toEqual([LINE]);
    expect(await checksOf({ [PROJECT]: {}, [LOCAL]: "", [MANAGED]: { model: "opus" } })).toEqual([LINE]);
  });

  test("reports that they replace our statusLine, or disable all hooks", async () => {
    const files = { [PROJECT]: line("echo theirs > /ran"), [LOCAL]: { disableAllHooks: true } };
    expect(await checksOf(files)).toEqual([
      blocked(`/${LOCAL}`, "disableAllHooks is set there"),
      `note line: /${PROJECT} would replace your statusLine with another one: echo theirs > /ran`,
      STANDBY,
    ]);
  });

  test("never runs a command from a project's settings", async () => {
    const machine = machineWith({});
    const witness = join(machine.root, "ran");
    for (const path of [PROJECT, LOCAL]) {
      mkdirSync(join(machine.root, "home/proj/.claude"), { recursive: true });
      writeFileSync(join(machine.root, path), JSON.stringify(line(`touch ${witness}; echo theirs`)));
    }
    expect((await machine.checks())[0]).toStartWith(`note line: /${LOCAL} replaces your statusLine with another one`);
    expect(await Bun.file(witness).exists()).toBe(false);
  });

  test("applies them in the order user, project, local, managed", async () => {
    const user = line(COMMAND, { disableAllHooks: true });
    const off = { "home/.claude/settings.json": user };
    expect((await checksOf(off))[0]).toBe(blocked("/home/.claude/settings.json", "disableAllHooks is set there"));
    expect(await checksOf({ ...off, [LOCAL]: { disableAllHooks: false } })).toEqual([LINE]);
    expect(await checksOf({ ...off, [MANAGED]: { disableAllHooks: false } })).toEqual([LINE]);
    expect(await checksOf({ [PROJECT]: { disableAllHooks: true }, [LOCAL]: { disableAllHooks: false } })).toEqual([
      LINE,
    ]);
  });

  test("applies project settings to the folder itself, not to those below it", async () => {
    const machine = machineWith({ [PROJECT]: { disableAllHooks: true }, [LOCAL]: { disableAllHooks: true } });
    expect(await machine.checks("home/proj/sub")).toEqual([LINE]);
  });

  test("applies local settings to the whole repository and its worktrees", async () => {
    const machine = machineWith({ [LOCAL]: { disableAllHooks: true }, [PROJECT]: line("echo theirs") });
    const proj = join(machine.root, "home/proj");
    mkdirSync(join(proj, ".git/worktrees/wt"), { recursive: true });
    writeFileSync(join(proj, ".git/worktrees/wt/commondir"), "../..\n");
    mkdirSync(join(machine.root, "home/wt/sub"), { recursive: true });
    writeFileSync(join(machine.root, "home/wt/.git"), `gitdir: ${proj}/.git/worktrees/wt\n`);
    const off = [blocked(`/${LOCAL}`, "disableAllHooks is set there"), STANDBY];
    expect(await machine.checks("home/proj/sub")).toEqual(off);
    expect(await machine.checks("home/wt/sub")).toEqual(off);
  });

  test("does not apply local settings of a home directory that is a repository to folders below it", async () => {
    const machine = machineWith({ "home/.claude/settings.local.json": { disableAllHooks: true } });
    mkdirSync(join(machine.root, "home/.git"));
    expect(await machine.checks()).toEqual([LINE]);
    expect((await machine.checks("home"))[0]).toStartWith("broken line:");
  });
});

describe.skipIf(process.platform === "win32")("doctor, with managed settings", () => {
  test.each(["managed/managed-settings.json", "managed/managed-settings.d/10-hooks.json"])(
    "reports that the ones in %s win",
    async (path) => {
      expect(await checksOf({ [path]: { allowManagedHooksOnly: true } })).toEqual([
        blocked(`/${path}`, "allowManagedHooksOnly is set there"),
        STANDBY,
      ]);
      expect((await checksOf({ [path]: { disableAllHooks: true } }))[0]).toBe(
        blocked(`/${path}`, "disableAllHooks is set there"),
      );
      expect((await checksOf({ [path]: line("echo theirs") }))[0]).toBe(
        `note line: /${path} replaces your statusLine with another one: echo theirs`,
      );
      expect((await checksOf({ [path]: "{ // c\n}" }))[0]).toBe(
        blocked(`/${path}`, "Claude Code does not start with it (line 1: a comment)"),
      );
    },
  );

  test("ignores a field of the wrong type but not the others", async () => {
    expect(await checksOf({ [MANAGED]: { statusLine: 5, model: "opus" } })).toEqual([LINE]);
    expect((await checksOf({ [MANAGED]: { statusLine: 5, allowManagedHooksOnly: true } }))[0]).toBe(
      blocked(`/${MANAGED}`, "allowManagedHooksOnly is set there"),
    );
  });

  test("ignores managed-only settings in the user's file", async () => {
    const user = { ...OURS, allowManagedHooksOnly: true };
    expect(await checksOf({ "home/.claude/settings.json": user })).toEqual([LINE]);
  });
});

describe.skipIf(process.platform === "win32")("doctor, with a settings file that Claude Code skips", () => {
  const text = JSON.stringify(OURS);
  test.each([
    [`{ // mine\n${text.slice(1)}`, "line 1: a comment"],
    [`{\n/* mine */${text.slice(1)}`, "line 2: a comment"],
    [`${text.slice(0, -1)},\n}`, "line 2: a comma before a closing bracket"],
    [text.slice(0, -1), "line 1: CloseBraceExpected"],
    ["[]", "it is not an object"],
    ["null", "it is not an object"],
    ['{"statusLine":null}', "statusLine is not an object"],
    ['{"statusLine":{"command":"echo mine"}}', 'statusLine.type is not "command"'],
    ['{"statusLine":{"type":"command","command":"echo","padding":"1"}}', "statusLine.padding is not a number"],
    ['{"disableAllHooks":"true"}', "disableAllHooks is not true or false"],
  ])("names the reason for %p", async (content, reason) => {
    expect(await checksOf({ "home/.claude/settings.json": content })).toEqual([
      `broken line: Claude Code skips all of /home/.claude/settings.json (${reason}), so it does not show your statusline`,
    ]);
    const checks = await checksOf({ [PROJECT]: content });
    expect(checks).toEqual([
      `note line: Claude Code skips all of /${PROJECT} (${reason}) and asks about it at each start`,
      LINE,
    ]);
  });

  test("does not report one that has a byte order mark, is blank, or is UTF-16", async () => {
    for (const encoding of ["utf8", "utf16le"] as const) {
      const machine = machineWith({});
      const content = Buffer.from(`\uFEFF${text.replaceAll(ROOT, machine.root)}`, encoding);
      writeFileSync(join(machine.root, "home/.claude/settings.json"), content);
      expect(await machine.checks()).toEqual([LINE]);
    }
    expect(await checksOf({ [LOCAL]: " \n" })).toEqual([LINE]);
  });

  test("does not block on a FIFO", async () => {
    for (const path of ["home/.claude/settings.json", PROJECT, LOCAL, MANAGED]) {
      const machine = machineWith({ [path]: null, [path.replace(/[^/]+$/, "other")]: "" });
      Bun.spawnSync(["mkfifo", join(machine.root, path)]);
      expect((await machine.checks()).join("\n")).toContain(`/${path}`);
    }
  });
});

describe.skipIf(process.platform === "win32")("doctor, running the configured command", () => {
  const checks = (command: string) => checksOf({ "home/.claude/settings.json": line(command) });

  test("stops one that prints without end", async () => {
    expect(await checks("yes")).toEqual(["broken line: the command printed more than 1048576 bytes: yes"]);
  });

  test("does not wait for a child that keeps the pipe open", async () => {
    expect(await checks("echo hi; sleep 600 &")).toEqual([
      "note line: belongs to another program: echo hi; sleep 600 &",
    ]);
  });

  test("stops one that does not answer, and its children", async () => {
    expect(await checks('x=$(sleep 600); echo "$x"')).toEqual([
      'broken line: the command did not end within 3000 ms: x=$(sleep 600); echo "$x"',
    ]);
  });

  test("prints the command without control sequences", async () => {
    expect((await checks("false \u001b]0;title\u0007")).join()).not.toContain("\u001b");
  });
});

test("doctor reports safe mode from the environment and from a settings file", async () => {
  expect((await checksOf({}, { CLAUDE_CODE_SAFE_MODE: "1" }))[0]).toContain("CLAUDE_CODE_SAFE_MODE is set");
  expect(await checksOf({}, { CLAUDE_CODE_SAFE_MODE: "0" })).toEqual([LINE]);
  const files = { "home/.claude/settings.json": { ...OURS, env: { CLAUDE_CODE_SAFE_MODE: "1" } } };
  expect((await checksOf(files))[0]).toBe(blocked("/home/.claude/settings.json", "CLAUDE_CODE_SAFE_MODE is set there"));
});

test("doctor names a folder that is not trusted yet, but not one below a trusted folder", async () => {
  const machine = machineWith({});
  const projects = { [join(machine.root, "home/other")]: { hasTrustDialogAccepted: true } };
  writeFileSync(join(machine.root, "home/.claude.json"), JSON.stringify({ projects }));
  mkdirSync(join(machine.root, "home/other/deep"), { recursive: true });
  symlinkSync(join(machine.root, "home/other"), join(machine.root, "home/link"));
  expect(await machine.checks("home/other/deep")).toEqual([LINE]);
  expect(await machine.checks()).toEqual([
    LINE,
    "note trust: Claude Code asks whether you trust /home/proj before it shows a statusline there",
  ]);
});
