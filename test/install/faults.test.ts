import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "jsonc-parser";
import { editSettings } from "../../src/install/settings.ts";
import { asNobody, succeeds } from "../campaigns/faults/capabilities.ts";
import { type Harness, harness, refresh } from "./harness.ts";

const DRIVER = join(import.meta.dir, "driver.ts");
const SETTINGS = `{\n  // mine\n  "statusLine": {"type": "command", "command": "printf old"},\n  "long": "${"x".repeat(100_000)}"\n}\n`;
const clock = { now: () => 0, sleep: (ms: number) => Bun.sleep(ms) };
const isRoot = process.getuid?.() === 0;

function start(at: Harness, args: readonly string[], bun = process.execPath): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([bun, DRIVER, at.root, at.home, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

describe("concurrent changes of settings.json", () => {
  test("eight installations at once give the result of one, and uninstall still restores the file", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    const runs = Array.from({ length: 8 }, (_, index) => start(at, ["install", ...(index % 2 ? ["chain"] : [])]));
    const codes = await Promise.all(runs.map((run) => run.exited));
    const outputs = await Promise.all(runs.map((run) => run.stderr.text()));
    expect({ codes, outputs }).toEqual({ codes: codes.map(() => 0), outputs: outputs.map(() => "") });
    expect(at.read(at.settings).match(/"statusLine"/g)).toHaveLength(1);
    await at.uninstall();
    expect(at.read(at.settings)).toBe(SETTINGS);
  }, 20_000);

  test("a change that another program writes in between is not overwritten", async () => {
    using at = harness();
    at.write(at.settings, '{"a": 1}');
    let calls = 0;
    const done = await editSettings(at.settings, clock, (text) => {
      calls++;
      if (calls === 1) writeFileSync(at.settings, '{"a": 2, "theirs": true}');
      return `${text} `;
    });
    expect(calls).toBe(2);
    expect(at.read(at.settings)).toBe('{"a": 2, "theirs": true} ');
    expect(at.read(done.backup ?? "")).toBe('{"a": 2, "theirs": true}');
    expect(readdirSync(dirname(at.settings))).toHaveLength(2);
  });

  test("a program that never stops writing makes install throw busy, and its file stays", async () => {
    using at = harness();
    at.write(at.settings, "{}");
    let calls = 0;
    const change = (text: string | null): string => {
      writeFileSync(at.settings, `{"calls": ${++calls}}`);
      return `${text} `;
    };
    await expect(editSettings(at.settings, clock, change)).rejects.toMatchObject({ code: "busy" });
    expect(at.read(at.settings)).toBe(`{"calls": ${calls}}`);
    expect(readdirSync(dirname(at.settings))).toEqual(["settings.json"]);
  });

  test("a lock left by a crashed process is taken over", async () => {
    using at = harness();
    at.write(at.settings, "{}");
    mkdirSync(`${at.settings}.lock`);
    utimesSync(`${at.settings}.lock`, new Date(0), new Date(0));
    await at.install();
    expect(at.read(at.settings)).toContain("statusLine");
    expect(existsSync(`${at.settings}.lock`)).toBe(false);
  });
});

test("kill -9 at any moment leaves settings.json whole, and the next install and uninstall work", async () => {
  using at = harness();
  at.write(at.settings, SETTINGS);
  const began = performance.now();
  await start(at, ["install"]).exited;
  const whole = performance.now() - began;
  await at.uninstall();
  const counts = { before: 0, after: 0 };
  for (let round = 0; round < 24 || (Math.min(counts.before, counts.after) === 0 && round < 100); round++) {
    const run = start(at, ["install"]);
    await Bun.sleep(whole * (0.3 + (round % 24) / 24));
    run.kill("SIGKILL");
    await run.exited;
    const text = at.read(at.settings);
    expect(parse(text).long).toHaveLength(100_000);
    if (text === SETTINGS) counts.before++;
    else {
      expect(text).toContain("/bin/statusline.js");
      counts.after++;
    }
    rmSync(`${at.settings}.lock`, { recursive: true, force: true });
    if (text !== SETTINGS && round % 5 > 0) {
      await at.uninstall();
      expect(at.read(at.settings)).toBe(SETTINGS);
    }
  }
  expect(counts.before).toBeGreaterThan(0);
  expect(counts.after).toBeGreaterThan(0);
  await at.install();
  await at.uninstall();
  expect(at.read(at.settings)).toBe(SETTINGS);
  expect(readdirSync(at.pets, { recursive: true })).toEqual(["install.lock"]);
  expect(
    readdirSync(dirname(at.settings))
      .filter((name) => !name.endsWith(".bak"))
      .toSorted(),
  ).toEqual(["pets", "settings.json"]);
}, 30_000);

/** Whether a process that has dropped root can load the program from this checkout. */
const isReachable = !isRoot || succeeds(...asNobody, "test", "-r", import.meta.path);

describe("files that cannot be written", () => {
  test.if(isReachable)("a directory without write permission is named with a remedy", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    mkdirSync(at.pets, { mode: 0o700 });
    if (isRoot) {
      chmodSync(at.directory, 0o755);
      for (const path of [at.pets, at.settings, dirname(at.settings)]) chownSync(path, 65534, 65534);
    }
    chmodSync(dirname(at.settings), 0o555);
    const run = start(at, ["install", ...(isRoot ? ["as-nobody"] : [])]);
    expect(await run.stderr.text()).toBe(
      `write_failed: ${at.settings} cannot be written (EACCES) (make '${dirname(at.settings)}' writable)\n`,
    );
    expect(await run.exited).toBe(1);
    expect(at.read(at.settings)).toBe(SETTINGS);
    chmodSync(dirname(at.settings), 0o755);
  });

  test.if(isRoot)("settings of another user are refused", async () => {
    using at = harness();
    at.write(at.settings, SETTINGS);
    chownSync(at.settings, 65534, 65534);
    await expect(at.install()).rejects.toMatchObject({ code: "file_refused", hint: expect.stringContaining("sudo") });
  });

  test("a bin directory that is a link is refused", async () => {
    using at = harness();
    mkdirSync(at.pets, { recursive: true });
    const victim = join(at.directory, "victim");
    mkdirSync(victim);
    Bun.spawnSync(["ln", "-s", victim, `${at.pets}/bin`]);
    await expect(at.install()).rejects.toMatchObject({ code: "directory_unusable" });
    expect(readdirSync(victim)).toEqual([]);
  });

  test("links in the place of our files are replaced, not written through", async () => {
    using at = harness();
    const victim = join(at.directory, "victim");
    writeFileSync(victim, "victim");
    mkdirSync(`${at.pets}/bin`, { recursive: true });
    for (const name of ["statusline.js", "chain.js"]) Bun.spawnSync(["ln", "-s", victim, `${at.pets}/bin/${name}`]);
    await at.install();
    expect(readFileSync(victim, "utf8")).toBe("victim");
    expect(at.read(`${at.pets}/bin/statusline.js`)).not.toBe("victim");
  });
});

const PATHS = '{"compilerOptions": {"paths": {"*": ["./evil.ts"], "./*": ["./evil.ts"]}}}';
/** Files that change what Bun runs in a folder, and the output of a line that runs there without our flags. */
const TRAPS: Readonly<Record<string, { file: string; text: string; shows: string }>> = {
  env: { file: ".env", text: "HOSTILE=env\n", shows: "line of s1 1 env\n" },
  preload: { file: "bunfig.toml", text: 'preload = ["./evil.ts"]\n', shows: "EVIL\nline of s1 1 calm\n" },
  tsconfig: { file: "tsconfig.json", text: PATHS, shows: "EVIL\n" },
  jsconfig: { file: "jsconfig.json", text: PATHS, shows: "EVIL\n" },
};

describe("a hostile folder", () => {
  function hostile(at: Harness, traps: readonly string[]): string {
    const folder = join(at.directory, `project-${traps.join("-")}`);
    at.write(join(folder, "evil.ts"), 'console.log("EVIL");\n');
    at.write(join(folder, "package.json"), '{"imports": {"#x": "./evil.ts"}, "browser": {"*": "./evil.ts"}}');
    for (const trap of traps) at.write(join(folder, TRAPS[trap]?.file ?? ""), TRAPS[trap]?.text ?? "");
    mkdirSync(join(folder, "deep/down"), { recursive: true });
    return folder;
  }

  test("has no effect on the installed command, as a bundle or as an executable, chained or not", async () => {
    using at = harness();
    at.write(at.settings, '{"statusLine": {"type": "command", "command": "echo old"}}');
    const folder = hostile(at, Object.keys(TRAPS));
    const env = { HOME: at.home };
    for (const kind of [[], ["chain"], ["standalone"], ["standalone", "chain"]]) {
      const { command } = await at.install(...kind);
      for (const cwd of [folder, join(folder, "deep/down")]) {
        const expected = `line of s1 1 calm\n${kind.includes("chain") ? "old\n" : ""}`;
        expect((await refresh(command, { cwd, env })).out).toBe(expected);
      }
    }
  });

  test.each(Object.keys(TRAPS))("changes a program started without our flags: %s", async (trap) => {
    using at = harness();
    await at.install();
    const cwd = hostile(at, [trap]);
    const shown = await refresh(`'${process.execPath}' '${at.pets}/bin/statusline.js'`, {
      cwd,
      env: { HOME: at.home },
    });
    expect(shown.out).toBe(TRAPS[trap]?.shows ?? "");
  });

  test("changes an executable compiled without our flags", async () => {
    using at = harness();
    const cwd = hostile(at, ["env", "preload"]);
    const plain = join(at.directory, "plain");
    Bun.spawnSync([process.execPath, "build", "--compile", `--outfile=${plain}`, join(at.root, "src/statusline.ts")], {
      cwd: at.directory,
    });
    expect((await refresh(plain, { cwd, env: { HOME: at.home } })).out).toBe("EVIL\nline of s1 1 env\n");
  });
});

test("a Bun from a temporary cache installs an executable that outlives it", async () => {
  using at = harness();
  const bun = join(at.directory, "_npx/1a2b/node_modules/bun/bin/bun");
  mkdirSync(dirname(bun), { recursive: true });
  cpSync(process.execPath, bun);
  const run = start(at, ["install", "json"], bun);
  const done = JSON.parse(await run.stdout.text());
  expect(done).toMatchObject({ standalone: true, command: `"${at.pets}/bin/pawprint" statusline` });
  expect(done.notes).toEqual([expect.stringContaining("temporary cache")]);
  rmSync(bun);
  expect((await refresh(done.command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
  expect(readdirSync(`${at.pets}/bin`)).toEqual(["pawprint"]);
}, 20_000);
