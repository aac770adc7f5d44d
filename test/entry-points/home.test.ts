import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../../src/utils/paths.ts";
import { responseLine, text } from "../ledger/home.ts";
import { entryPath, freshHome, recorded } from "./program.ts";

const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
const TRANSCRIPT = ".claude/projects/-work/s.jsonl";

function write(home: string): void {
  mkdirSync(join(home, TRANSCRIPT, ".."), { recursive: true });
  writeFileSync(join(home, TRANSCRIPT), text(responseLine("a")));
}

/** Installs this checkout for a home. */
function install(home: string): void {
  const entryFile = join(import.meta.dir, "../../src/cli.ts");
  const env = { PATH: "/usr/bin:/bin", HOME: home };
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...ISOLATED, entryFile, "install"], { env, cwd: "/" });
  expect({ exitCode, err: stderr.toString() }).toEqual({ exitCode: 0, err: "" });
}

describe("HOME", () => {
  test.each([".", "..", "./home", "home/dev", "~"])(
    "that is %s is refused, and nothing is created in the working directory",
    async (given) => {
      using home = freshHome();
      const cwd = join(home.path, "project");
      const env = { HOME: given };
      for (const command of ["daily", "overview", "scan", "doctor", "install", "rebuild", "logs", "verify"]) {
        const { code, out, err } = await home.run("cli", [command], { env });
        expect({ command, code, out, err }).toEqual({
          command,
          code: 2,
          out: "",
          err: `pawprint: HOME is "${given}", which is not absolute\n  set HOME to the absolute path of your home directory\n`,
        });
      }
      expect((await home.run("cli", ["--help"], { env })).code).toBe(0);
      const line = await home.run("statusline", [], { env, stdin: turn });
      expect(line).toEqual({ code: 0, out: `pawprint: HOME is "${given}", which is not absolute\n`, err: "" });
      expect(await home.run("cli", ["hook", "cursor"], { env, stdin: "{}" })).toEqual({
        code: 0,
        out: "{}\n",
        err: "",
      });
      expect(readdirSync(cwd)).toEqual([]);
    },
    60_000,
  );

  test("that is not UTF-8 is refused", async () => {
    using home = freshHome();
    const script = `HOME="$(printf '${home.path}/andr\\351')"; export HOME; mkdir -p "$HOME"; exec "$@"`;
    const { stderr, exitCode } = Bun.spawnSync(
      ["/bin/sh", "-c", script, "sh", process.execPath, entryPath("cli"), "daily"],
      {
        env: { PATH: "/usr/bin:/bin" },
        cwd: join(home.path, "project"),
      },
    );
    expect({ exitCode, first: stderr.toString().split("\n")[0] }).toEqual({
      exitCode: 2,
      first: "pawprint: HOME is not written in UTF-8",
    });
    expect(readdirSync(home.path).length).toBe(2);
  });

  test("with special characters of shells and URLs works, and the line installed there runs", async () => {
    using home = freshHome();
    const path = join(home.path, "50% #&='ü $x`\" \ufffd");
    write(path);
    const env = { HOME: path };
    expect((await home.run("cli", ["daily", "--json"], { env })).out).toContain('"totalTokens": 11');
    install(path);
    const settings = JSON.parse(readFileSync(join(path, ".claude/settings.json"), "utf8")) as {
      statusLine: { command: string };
    };
    const line = Bun.spawnSync(["/bin/sh", "-c", settings.statusLine.command], {
      env: { PATH: "/usr/bin:/bin", HOME: path },
      stdin: Buffer.from(turn),
    });
    expect({ code: line.exitCode, err: line.stderr.toString() }).toEqual({ code: 0, err: "" });
    expect(line.stdout.toString()).toContain("Opus");
  }, 60_000);

  const signs = process.platform === "win32" ? [] : ["\\", "?"];
  test.each(signs)(
    "with a %s can be read, but install refuses it, because Bun cannot run programs there",
    async (sign) => {
      using home = freshHome();
      const path = join(home.path, `a${sign}b`);
      const link = join(home.path, "link");
      write(path);
      symlinkSync(path, link);
      const env = { HOME: path };
      expect((await home.run("cli", ["daily", "--json"], { env })).out).toContain('"totalTokens": 11');
      expect((await home.run("statusline", [], { env, stdin: turn })).out).toContain("Opus");
      for (const given of [path, link]) {
        for (const args of [["install"], ["install", "--standalone"]]) {
          const { code, err } = await home.run("cli", args, { env: { HOME: given } });
          expect({ args, code, first: err.split("\n")[0] }).toEqual({
            args,
            code: 2,
            first: `pawprint: ${given}/.claude/pets contains "${sign}", and Bun cannot run programs in such a folder`,
          });
        }
      }
      expect(readdirSync(join(path, ".claude")).toSorted()).toEqual(["pets", "projects"]);
    },
    60_000,
  );

  test("that cannot be created is named in the error", async () => {
    using home = freshHome();
    writeFileSync(join(home.path, "file"), "");
    for (const given of [join(home.path, "file"), "/proc/self/nothing"]) {
      const { code, err } = await home.run("cli", ["daily"], { env: { HOME: given } });
      expect({
        code,
        lines: err.trim().split("\n").length,
        has: err.includes(`${given}/.claude/pets/ledger.db cannot be written`),
      }).toEqual({
        code: 1,
        lines: 2,
        has: true,
      });
    }
  });
});

describe("PET_HOME in the default .env", () => {
  test("applies to the line and to a hook, from any working directory, as to every command", async () => {
    using home = freshHome();
    const pets = join(home.path, "own place");
    mkdirSync(join(home.path, ".claude/pets"), { recursive: true });
    writeFileSync(join(home.path, ".claude/pets/.env"), `PET_HOME="${pets}"\nPET_SEGMENTS=model\n`);
    mkdirSync(pets);
    writeFileSync(join(pets, ".env"), "PET_SEGMENTS=cost\n");
    const line = await home.run("statusline", [], { stdin: turn });
    expect(Bun.stripANSI(line.out)).toMatch(/^\$\d+\.\d\d\n$/);
    const stop = { conversation_id: "c", generation_id: "g", hook_event_name: "stop", input_tokens: 1 };
    await home.run("cli", ["hook", "cursor"], { stdin: JSON.stringify(stop) });
    expect(readdirSync(join(pets, "hooks"))).toEqual(["cursor.jsonl"]);
    expect(readdirSync(join(home.path, ".claude/pets"))).toEqual([".env"]);
    const { out } = await home.run("cli", ["daily", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ totals: { totalTokens: 1 } });
  });
});
