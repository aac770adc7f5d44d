import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { until } from "../campaigns/e2e/checks.ts";
import { Screen } from "../campaigns/e2e/screen.ts";
import { fingerprintOf } from "../../src/install/settings.ts";
import { removeRecordedFiles, writeRecordedFiles } from "../../src/install/recorded-files.ts";
import { systemClock } from "../../src/utils/clock.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { harness } from "../install/harness.ts";
import { freshHome, type Home } from "./program.ts";

const WAIT_MS = 20_000;
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** How a shell is started without the files of this machine, and what it needs in the home so that it completes. */
const STARTS: Readonly<Record<Shell, { readonly command: readonly string[]; rc(home: Home): void }>> = {
  bash: {
    command: ["bash", "--noprofile", "-i"],
    rc: ({ path }) =>
      writeFileSync(join(path, ".bashrc"), `PS1='% '\n. '${path}/.local/share/bash-completion/completions/pawprint'\n`),
  },
  zsh: {
    command: ["zsh", "-o", "NO_GLOBAL_RCS", "-i"],
    rc: ({ path }) =>
      writeFileSync(
        join(path, ".zshrc"),
        `PS1='%% '\nfpath=('${path}/.local/share/zsh/site-functions' $fpath)\nautoload -Uz compinit && compinit -u -D\n`,
      ),
  },
  fish: {
    command: ["fish", "--interactive"],
    rc({ path }) {
      mkdirSync(join(path, ".config/fish"), { recursive: true });
      writeFileSync(
        join(path, ".config/fish/config.fish"),
        "function fish_prompt; echo -n '% '; end\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n",
      );
    },
  },
};

const pathOf = {
  bash: ".local/share/bash-completion/completions/pawprint",
  zsh: ".local/share/zsh/site-functions/_pawprint",
  fish: ".config/fish/completions/pawprint.fish",
};
const manual = ".local/share/man/man1/pawprint.1";
const others = {
  bash: [".local/share/bash-completion/completions/paw"],
  zsh: [],
  fish: [".config/fish/completions/paw.fish"],
};

/** What is typed before a TAB, and what the line is after it. */
const COMPLETED = [
  ["pawprint week", "pawprint weekly"],
  ["pawprint daily --breakd", "pawprint daily --breakdown"],
  ["pawprint daily --source gem", "pawprint daily --source gemini-cli"],
  ["pawprint daily --cost-mode=calc", "pawprint daily --cost-mode=calculate"],
  ["pawprint logs diag", "pawprint logs diagnostics"],
  ["pawprint logs --follow diag", "pawprint logs --follow diagnostics"],
  ["pawprint logs --since 1d diag", "pawprint logs --since 1d diagnostics"],
  ["pawprint setup comp", "pawprint setup completion"],
  ["pawprint setup completion ba", "pawprint setup completion bash"],
  ["pawprint help month", "pawprint help monthly"],
  ["pawprint import day", "pawprint import days.json"],
  ["paw week", "paw weekly"],
] as const;

const setup = (home: Home, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  home.run("cli", ["setup", "completion", ...args], { env });

/** Everything below a home but the folder of its project, as sorted relative paths. */
const listing = (home: Home): string[] =>
  readdirSync(home.path, { recursive: true, encoding: "utf8" })
    .filter((name) => name !== "project")
    .toSorted();

describe.each(SHELLS.map((shell) => [shell] as const))("completion in %s", (shell) => {
  const isMissing = Bun.which(shell) === null;

  test.skipIf(isMissing)(
    `a pressed TAB in ${shell} completes commands, options, values, arguments and files`,
    async () => {
      using home = freshHome();
      expect((await setup(home, [shell])).code).toBe(0);
      STARTS[shell].rc(home);
      writeFileSync(join(home.path, "project/days.json"), "{}");
      // fish completes only commands that exist; none of the shells may run it.
      const bin = join(home.path, "bin");
      mkdirSync(bin);
      for (const name of ["pawprint", "paw"])
        writeFileSync(join(bin, name), `#!/bin/sh\n: > '${home.path}/was-run'\n`, { mode: 0o755 });
      const screen = new Screen([...STARTS[shell].command], {
        cwd: join(home.path, "project"),
        env: { HOME: home.path, PATH: `${bin}:/usr/bin:/bin`, HISTFILE: "" },
        columns: 100,
        rows: 40,
      });
      try {
        for (const [typed, completed] of COMPLETED) {
          expect(await screen.row(WAIT_MS, "% ")).not.toBeNull();
          screen.type(`${typed}\t`);
          expect([typed, (await screen.row(WAIT_MS, `% ${completed}`)) !== null]).toEqual([typed, true]);
          // Leaves the line, and clears the screen.
          screen.type("\x15\x0c");
          expect(await until(WAIT_MS, async () => !(await screen.lines()).some((line) => line.includes("paw")))).toBe(
            true,
          );
        }
        expect(existsSync(join(home.path, "was-run"))).toBe(false);
      } finally {
        screen.close();
      }
    },
    60_000,
  );

  test.skipIf(isMissing)(`the script of ${shell} is one that the shell itself can parse`, async () => {
    using home = freshHome();
    const { out } = await setup(home, [shell, "--print"]);
    const path = join(home.path, "script");
    writeFileSync(path, out);
    const parsed = Bun.spawnSync([shell, "-n", path]);
    expect([parsed.exitCode, parsed.stderr.toString()]).toEqual([0, ""]);
  });

  test(`is installed for ${shell} with the manual page, and removed with every directory made for it`, async () => {
    using home = freshHome();
    mkdirSync(join(home.path, ".local"));
    const before = listing(home);
    const dry = await setup(home, [shell, "--dry-run"]);
    expect(listing(home)).toEqual(before);
    const { out, err, code } = await setup(home, [], { SHELL: `/usr/bin/${shell}` });
    expect([code, err]).toEqual([0, ""]);
    for (const name of [pathOf[shell], manual, ...others[shell]]) {
      expect(existsSync(join(home.path, name))).toBe(true);
      expect(dry.out).toContain(`would write ${join(home.path, name)}`);
      expect(out).toContain(`writing ${join(home.path, name)}`);
    }
    expect(readFileSync(join(home.path, pathOf[shell]), "utf8")).toBe((await setup(home, [shell, "--print"])).out);
    expect((await setup(home, [shell])).out).toContain(`${join(home.path, pathOf[shell])} is up to date`);
    expect((await setup(home, ["--remove"])).code).toBe(0);
    expect(listing(home).filter((name) => !name.startsWith(".claude"))).toEqual(before);
    expect(existsSync(join(home.path, ".claude/pets/install.json"))).toBe(false);
  });
});

describe("setup completion", () => {
  test("is kept by an installation after it, and removed when that is uninstalled", async () => {
    using at = harness("completion");
    const home = { places: placesOf({ HOME: at.home }, at.root), clock: systemClock };
    const path = join(at.home, ".local/share/man/man1/pawprint.1");
    await writeRecordedFiles(home, "shell-files.json", [{ path, text: "page\n" }], false);
    await at.install();
    expect((await writeRecordedFiles(home, "shell-files.json", [{ path, text: "page\n" }], false)).unchanged).toEqual([
      path,
    ]);
    // Versions that do not know these files write install.json without a word of them, and remove it.
    expect(JSON.parse(at.read(`${at.pets}/install.json`))).not.toContainKeys(["shell"]);
    rmSync(`${at.pets}/install.json`);
    await at.uninstall();
    expect(existsSync(join(at.home, ".local"))).toBe(false);
  });

  test("removes what a process left that was killed between its record and its files", async () => {
    using at = harness("completion");
    const home = { places: placesOf({ HOME: at.home }, at.root), clock: systemClock };
    const path = join(at.home, "a/page");
    await writeRecordedFiles(home, "shell-files.json", [{ path, text: "old\n" }], false);
    const record = `${at.pets}/shell-files.json`;
    const written = JSON.parse(at.read(record)) as { files: object[]; directories: string[] };
    const next = { path, sha256: fingerprintOf("new\n") };
    for (const text of ["old\n", "new\n"]) {
      const files = [...written.files, next, { path: join(at.home, "never"), sha256: next.sha256 }];
      at.write(record, JSON.stringify({ ...written, files }));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      expect(await removeRecordedFiles(home, "shell-files.json", false)).toMatchObject({ removed: [path], kept: [] });
      expect(existsSync(dirname(path))).toBe(false);
    }
  });

  test("writes where the XDG variables say, unless they are relative", async () => {
    using home = freshHome();
    await setup(home, ["fish"], { XDG_CONFIG_HOME: `${home.path}/c`, XDG_DATA_HOME: "relative" });
    expect(existsSync(join(home.path, "c/fish/completions/pawprint.fish"))).toBe(true);
    expect(existsSync(join(home.path, manual))).toBe(true);
  });

  test("replaces its own older file, and refuses one of somebody else, one that was changed and a link", async () => {
    using home = freshHome();
    const path = join(home.path, pathOf.zsh);
    await setup(home, ["zsh"]);
    const own = readFileSync(path, "utf8");
    const record = join(home.path, ".claude/pets/shell-files.json");
    writeFileSync(path, "older\n");
    const refused = await setup(home, ["zsh"]);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining("was changed after Pawprint wrote it") as never,
    ]);
    const digest = new Bun.CryptoHasher("sha256").update(own).digest("hex");
    const older = new Bun.CryptoHasher("sha256").update("older\n").digest("hex");
    writeFileSync(record, readFileSync(record, "utf8").replace(digest, older));
    expect((await setup(home, ["zsh"])).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(own);

    using other = freshHome();
    mkdirSync(dirname(join(other.path, pathOf.fish)), { recursive: true });
    writeFileSync(join(other.path, "target"), "mine\n");
    symlinkSync(join(other.path, "target"), join(other.path, pathOf.fish));
    const link = await setup(other, ["fish"]);
    expect([link.code, link.err]).toEqual([1, expect.stringContaining("was not written by Pawprint") as never]);
    expect(readFileSync(join(other.path, "target"), "utf8")).toBe("mine\n");
    expect(existsSync(join(other.path, manual))).toBe(false);
  });

  test("--remove and uninstall keep a file that was changed, and uninstall removes the others", async () => {
    using home = freshHome();
    await setup(home, ["bash"]);
    writeFileSync(join(home.path, pathOf.bash), "# mine\n");
    const { out } = await home.run("cli", ["uninstall", "--dry-run"]);
    expect(out).toContain(`would remove ${join(home.path, manual)}`);
    const done = JSON.parse((await home.run("cli", ["uninstall", "--json"])).out) as { shell_files: string[] };
    const expected = [manual, ...others.bash].map((name) => join(home.path, name));
    expect(done.shell_files.toSorted()).toEqual(expected.toSorted());
    expect([existsSync(join(home.path, manual)), existsSync(join(home.path, pathOf.bash))]).toEqual([false, true]);
  });

  test.each([
    [["csh"], {}, 'there is no shell "csh"'],
    [["fissh"], {}, "did you mean fish?"],
    [[], { SHELL: "/bin/tcsh" }, "there is no completion for the shell tcsh"],
    [[], {}, "SHELL is not set"],
    [["fish", "--remove"], {}, "--remove removes the completions of all shells"],
  ])("%j with %j is refused with a hint", async (args, env, message) => {
    using home = freshHome();
    const { code, err } = await setup(home, args, env);
    expect([code, err]).toEqual([2, expect.stringContaining(message) as never]);
    expect(listing(home)).toEqual([]);
  });

  test.skipIf(Bun.which("groff") === null)("the manual page is formatted by groff without a warning", async () => {
    using home = freshHome();
    const { out } = await setup(home, ["man", "--print"]);
    const done = Bun.spawnSync(["groff", "-man", "-ww", "-Tascii"], { stdin: Buffer.from(out), stderr: "pipe" });
    expect(done.stderr.toString()).toBe("");
    const page = done.stdout.toString().replaceAll(/.\x08|\x1b\[[0-9;]*m/g, "");
    const words = ["pawprint daily", "--cost-mode", "PET_THEME", "five-hour", "claude-code"];
    expect(words.filter((one) => !page.includes(one))).toEqual([]);
  });
});
