import { describe, expect, test } from "bun:test";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../src/commands/registry.ts";
import { reports } from "../../src/reports/registry.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { hubOf } from "../hub/harness.ts";
import { makeCorpus } from "../ledger/corpus.ts";
import { entryPath, freshHome, type Home } from "./program.ts";

/** Runs the program with its standard output on a file descriptor. */
function run(home: Home, args: readonly string[], stdout: number) {
  return Bun.spawnSync([process.execPath, ...ISOLATED, entryPath("cli"), ...args], {
    cwd: join(home.path, "project"),
    env: { PATH: "/usr/bin:/bin", HOME: home.path, PET_LOG_DIR: home.logs, PET_CLAUDE_COMMAND: "/nonexistent/claude" },
    stdio: ["ignore", stdout, "pipe"],
  });
}

function piped(home: Home, args: readonly string[], into: string) {
  const command = [process.execPath, ...ISOLATED, entryPath("cli"), ...args].map((arg) => `'${arg}'`).join(" ");
  return Bun.spawnSync(["/bin/sh", "-c", `{ ${command}; echo "exit $?" >&2; } | ${into}`], {
    cwd: join(home.path, "project"),
    env: { PATH: "/usr/bin:/bin", HOME: home.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Commands that print something and exit by themselves. */
const printing: readonly (readonly string[])[] = [
  ["--version"],
  ["--help"],
  ["daily", "--help"],
  ...reports.flatMap(({ name }) => [[name], [name, "--json"], [name, "--csv"]]),
  ...commands
    .filter(({ name }) => ["scan", "verify", "prices", "schema", "env", "preview", "doctor"].includes(name))
    .map(({ name }) => [name]),
];

describe.skipIf(!existsSync("/dev/full"))("standard output on a full disk", () => {
  test("makes every command that prints exit with 1 and an error message", () => {
    using home = freshHome();
    makeCorpus(home.path, { megabytes: 1, files: 6, seed: 5, results: [20, 60] });
    mkdirSync(join(home.path, ".claude/pets"), { recursive: true });
    hubOf(join(home.path, ".claude/pets/hub.db"))[Symbol.dispose]();
    const full = openSync("/dev/full", "w");
    try {
      for (const args of printing) {
        const { exitCode, stderr } = run(home, args, full);
        expect({
          args,
          exitCode,
          stderr: stderr
            .toString()
            .split("\n")
            .find((line) => line.startsWith("pawprint: s")),
        }).toEqual({
          args,
          exitCode: 1,
          stderr: "pawprint: standard output cannot be written (ENOSPC)",
        });
      }
    } finally {
      closeSync(full);
    }
  }, 60_000);
});

describe.skipIf(Bun.which("strace") === null)("a disk that is full", () => {
  test("is reported in a sentence, without a stack, when a file of ours is written", () => {
    using home = freshHome();
    const list = join(home.path, "list.json");
    const price = { litellm_provider: "anthropic", input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
    writeFileSync(list, JSON.stringify({ "claude-x": price }));
    mkdirSync(join(home.path, ".claude/pets"), { recursive: true });
    const traced = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=ENOSPC"];
    const { exitCode, stderr } = Bun.spawnSync(
      [...traced, process.execPath, ...ISOLATED, entryPath("cli"), "prices", "import", list],
      { cwd: join(home.path, "project"), env: { PATH: "/usr/bin:/bin", HOME: home.path } },
    );
    expect({ exitCode, printed: stderr.toString() }).toEqual({
      exitCode: 1,
      printed: "pawprint: the disk is full\n  free some space and try again\n",
    });
  });
});

describe("a pipe", () => {
  test("closed by its reader ends the program silently", () => {
    using home = freshHome();
    makeCorpus(home.path, { megabytes: 1, files: 40, seed: 5, results: [20, 60] });
    const { stdout, stderr } = piped(home, ["sessions", "--json"], "head -c 1");
    expect({ out: stdout.toString(), err: stderr.toString() }).toEqual({ out: "{", err: "exit 0\n" });
  });

  test.skipIf(Bun.which("python3") === null)("that is non-blocking and read slowly receives all output", async () => {
    using home = freshHome();
    makeCorpus(home.path, { megabytes: 1, files: 6, seed: 5, results: [20, 60] });
    // The program shares the open file description with its parent, which sets it to non-blocking.
    const code = `
      import fcntl, os, subprocess, sys, time
      r, w = os.pipe()
      fcntl.fcntl(w, 1031, 4096)
      fcntl.fcntl(w, fcntl.F_SETFL, fcntl.fcntl(w, fcntl.F_GETFL) | os.O_NONBLOCK)
      child = subprocess.Popen(sys.argv[1:], stdout=w)
      os.close(w)
      time.sleep(0.5)
      total = 0
      while part := os.read(r, 1000):
          total += len(part)
      print(total, child.wait())`.replaceAll("\n      ", "\n");
    const program = [process.execPath, ...ISOLATED, entryPath("cli"), "schema"];
    const env = { PATH: "/usr/bin:/bin", HOME: home.path };
    const whole = Bun.spawnSync(program, { env, stdio: ["ignore", "pipe", "pipe"] }).stdout.length;
    expect(whole).toBeGreaterThan(4_096);
    const slow = Bun.spawnSync(["python3", "-c", code, ...program], { env, stdio: ["ignore", "pipe", "pipe"] });
    expect({ out: slow.stdout.toString(), err: slow.stderr.toString() }).toEqual({ out: `${whole} 0\n`, err: "" });
  });
});

describe("a file in the place of our directory", () => {
  test("is reported with a remedy and without a stack by commands that write the ledger", () => {
    using home = freshHome();
    rmSync(join(home.path, ".claude/pets"), { recursive: true, force: true });
    mkdirSync(join(home.path, ".claude"), { recursive: true });
    writeFileSync(join(home.path, ".claude/pets"), "");
    const { exitCode, stderr } = run(home, ["scan"], openSync("/dev/null", "w"));
    expect({ exitCode, stderr: stderr.toString() }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^pawprint: the ledger \S+ cannot be written \(EEXIST\)\n {2}make it and [^\n]+\n$/,
      ),
    });
  });
});
