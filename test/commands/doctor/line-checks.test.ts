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
/** Stands in the files of a test for the folder that holds them all. */
const ROOT = "{root}";
const COMMAND = `echo mine # ${ROOT}/home/.claude/pets/bin/statusline.js`;
const OURS = line(`head -c 1 > /dev/null; ${COMMAND}`);

/** A home with a project in it, and the managed folder; files are given by their path below the folder that holds them all. */
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

const LINE = "ok line: answers in 0 ms with stdin held open";
const STANDBY = "note command: your own command answers in 0 ms with stdin held open";
const blocked = (path: string, reason: string): string =>
  `broken line: Claude Code shows no statusline of yours here: ${path}: ${reason}`;
const PROJECT = "home/proj/.claude/settings.json";
const LOCAL = "home/proj/.claude/settings.local.json";
const MANAGED = "managed/managed-settings.json";

describe.skipIf(process.platform === "win32")("the settings of a folder", () => {
  test("that has none of its own leave the user's line in place", async () => {
    expect(await checksOf({})).toEqual([LINE]);
    expect(await checksOf({ [PROJECT]: {}, [LOCAL]: "", [MANAGED]: { model: "opus" } })).toEqual([LINE]);
  });

  test("may put another statusLine in the place of ours, and turn all hooks off", async () => {
    const files = { [PROJECT]: line("echo theirs > /ran"), [LOCAL]: { disableAllHooks: true } };
    expect(await checksOf(files)).toEqual([
      blocked(`/${LOCAL}`, "disableAllHooks is set there"),
      `note line: /${PROJECT} would put another statusLine in the place of yours: echo theirs > /ran`,
      STANDBY,
    ]);
  });

  test("never run a command that a project brings", async () => {
    const machine = machineWith({});
    const witness = join(machine.root, "ran");
    for (const path of [PROJECT, LOCAL]) {
      mkdirSync(join(machine.root, "home/proj/.claude"), { recursive: true });
      writeFileSync(join(machine.root, path), JSON.stringify(line(`touch ${witness}; echo theirs`)));
    }
    expect((await machine.checks())[0]).toStartWith(
      `note line: /${LOCAL} puts another statusLine in the place of yours`,
    );
    expect(await Bun.file(witness).exists()).toBe(false);
  });

  test("win by their scope: user, project, local, managed", async () => {
    const user = line(COMMAND, { disableAllHooks: true });
    const off = { "home/.claude/settings.json": user };
    expect((await checksOf(off))[0]).toBe(blocked("/home/.claude/settings.json", "disableAllHooks is set there"));
    expect(await checksOf({ ...off, [LOCAL]: { disableAllHooks: false } })).toEqual([LINE]);
    expect(await checksOf({ ...off, [MANAGED]: { disableAllHooks: false } })).toEqual([LINE]);
    expect(await checksOf({ [PROJECT]: { disableAllHooks: true }, [LOCAL]: { disableAllHooks: false } })).toEqual([
      LINE,
    ]);
  });

  test("count for the very folder, not for those below it", async () => {
    const machine = machineWith({ [PROJECT]: { disableAllHooks: true }, [LOCAL]: { disableAllHooks: true } });
    expect(await machine.checks("home/proj/sub")).toEqual([LINE]);
  });

  test("that are local count for the whole repository and its worktrees", async () => {
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

  test("that are local do not reach down from a home directory that is a repository", async () => {
    const machine = machineWith({ "home/.claude/settings.local.json": { disableAllHooks: true } });
    mkdirSync(join(machine.root, "home/.git"));
    expect(await machine.checks()).toEqual([LINE]);
    expect((await machine.checks("home"))[0]).toStartWith("broken line:");
  });
});

describe.skipIf(process.platform === "win32")("managed settings", () => {
  test.each(["managed/managed-settings.json", "managed/managed-settings.d/10-hooks.json"])(
    "in %s decide",
    async (path) => {
      expect(await checksOf({ [path]: { allowManagedHooksOnly: true } })).toEqual([
        blocked(`/${path}`, "allowManagedHooksOnly is set there"),
        STANDBY,
      ]);
      expect((await checksOf({ [path]: { disableAllHooks: true } }))[0]).toBe(
        blocked(`/${path}`, "disableAllHooks is set there"),
      );
      expect((await checksOf({ [path]: line("echo theirs") }))[0]).toBe(
        `note line: /${path} puts another statusLine in the place of yours: echo theirs`,
      );
      expect((await checksOf({ [path]: "{ // c\n}" }))[0]).toBe(
        blocked(`/${path}`, "Claude Code does not start with it (line 1: a comment)"),
      );
    },
  );

  test("lose a field of the wrong type, not the rest", async () => {
    expect(await checksOf({ [MANAGED]: { statusLine: 5, model: "opus" } })).toEqual([LINE]);
    expect((await checksOf({ [MANAGED]: { statusLine: 5, allowManagedHooksOnly: true } }))[0]).toBe(
      blocked(`/${MANAGED}`, "allowManagedHooksOnly is set there"),
    );
  });

  test("in the user's own file mean nothing", async () => {
    const user = { ...OURS, allowManagedHooksOnly: true };
    expect(await checksOf({ "home/.claude/settings.json": user })).toEqual([LINE]);
  });
});

describe.skipIf(process.platform === "win32")("a settings file that Claude Code skips", () => {
  const text = JSON.stringify(OURS);
  test.each([
    [`{ // mine\n${text.slice(1)}`, "line 1: a comment"],
    [`{\n/* mine */${text.slice(1)}`, "line 2: a comment"],
    [`${text.slice(0, -1)},\n}`, "line 2: a comma before a closing bracket"],
    [text.slice(0, -1), "line 1: CloseBraceExpected"],
    ["[]", "it is no object"],
    ["null", "it is no object"],
    ['{"statusLine":null}', "statusLine is no object"],
    ['{"statusLine":{"command":"echo mine"}}', 'statusLine.type is not "command"'],
    ['{"statusLine":{"type":"command","command":"echo","padding":"1"}}', "statusLine.padding is no number"],
    ['{"disableAllHooks":"true"}', "disableAllHooks is not true or false"],
  ])("as it does %p is named with the reason", async (content, reason) => {
    expect(await checksOf({ "home/.claude/settings.json": content })).toEqual([
      `broken line: Claude Code skips all of /home/.claude/settings.json (${reason}), so it shows no statusline of yours`,
    ]);
    const checks = await checksOf({ [PROJECT]: content });
    expect(checks).toEqual([
      `note line: Claude Code skips all of /${PROJECT} (${reason}) and asks about it at each start`,
      LINE,
    ]);
  });

  test("is none that has a byte order mark, is blank, or is UTF-16", async () => {
    for (const encoding of ["utf8", "utf16le"] as const) {
      const machine = machineWith({});
      const content = Buffer.from(`\uFEFF${text.replaceAll(ROOT, machine.root)}`, encoding);
      writeFileSync(join(machine.root, "home/.claude/settings.json"), content);
      expect(await machine.checks()).toEqual([LINE]);
    }
    expect(await checksOf({ [LOCAL]: " \n" })).toEqual([LINE]);
  });

  test("is not waited for where it is a FIFO", async () => {
    for (const path of ["home/.claude/settings.json", PROJECT, LOCAL, MANAGED]) {
      const machine = machineWith({ [path]: null, [path.replace(/[^/]+$/, "other")]: "" });
      Bun.spawnSync(["mkfifo", join(machine.root, path)]);
      expect((await machine.checks()).join("\n")).toContain(`/${path}`);
    }
  });
});

describe.skipIf(process.platform === "win32")("the configured command", () => {
  const checks = (command: string) => checksOf({ "home/.claude/settings.json": line(command) });

  test("that prints without end is stopped", async () => {
    expect(await checks("yes")).toEqual(["broken line: the command printed more than 1048576 bytes: yes"]);
  });

  test("that leaves a child with its pipe is not waited for", async () => {
    expect(await checks("echo hi; sleep 600 &")).toEqual(["note line: is another program's: echo hi; sleep 600 &"]);
  });

  test("that does not answer is stopped, with what it waits for", async () => {
    expect(await checks('x=$(sleep 600); echo "$x"')).toEqual([
      'broken line: the command did not answer within 3000 ms: x=$(sleep 600); echo "$x"',
    ]);
  });

  test("is told without what would change the terminal", async () => {
    expect((await checks("false \u001b]0;title\u0007")).join()).not.toContain("\u001b");
  });
});

test("safe mode is named, from the environment and from a settings file", async () => {
  expect((await checksOf({}, { CLAUDE_CODE_SAFE_MODE: "1" }))[0]).toContain("CLAUDE_CODE_SAFE_MODE is set");
  expect(await checksOf({}, { CLAUDE_CODE_SAFE_MODE: "0" })).toEqual([LINE]);
  const files = { "home/.claude/settings.json": { ...OURS, env: { CLAUDE_CODE_SAFE_MODE: "1" } } };
  expect((await checksOf(files))[0]).toBe(blocked("/home/.claude/settings.json", "CLAUDE_CODE_SAFE_MODE is set there"));
});

test("a folder that is not trusted yet is named, one below a trusted folder is not", async () => {
  const machine = machineWith({});
  const projects = { [join(machine.root, "home/other")]: { hasTrustDialogAccepted: true } };
  writeFileSync(join(machine.root, "home/.claude.json"), JSON.stringify({ projects }));
  mkdirSync(join(machine.root, "home/other/deep"), { recursive: true });
  symlinkSync(join(machine.root, "home/other"), join(machine.root, "home/link"));
  expect(await machine.checks("home/other/deep")).toEqual([LINE]);
  expect(await machine.checks()).toEqual([
    LINE,
    "note trust: Claude Code asks whether you trust /home/proj before it shows anything there",
  ]);
});
