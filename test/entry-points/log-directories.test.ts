import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { emptyState, stateText } from "../../src/model/state.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { ISOLATED, placesOf } from "../../src/utils/paths.ts";
import { entryPath, freshHome, type Home, recorded } from "./program.ts";

const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
const on = (home: Home): Record<string, string> => ({
  PET_USAGE_LOGGING_ENABLED: "true",
  PET_LOG_DIR: home.logs,
  COLUMNS: "200",
  NO_COLOR: "1",
});
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
const isRoot = process.getuid?.() === 0;
/** The id of a user who is not root. */
const OTHER = 12_345;

describe.skipIf(Bun.which("strace") === null)("a log directory that does not answer", () => {
  // Each system call takes this long, in every thread, since the first thread makes none; the worker is let go where it begins.
  const DELAY_MS = 3_000;
  const slow = (paths: readonly string[]): string[] => [
    "strace",
    "-f",
    "-b",
    "execve",
    "-qq",
    "-o",
    "/dev/null",
    ...paths.flatMap((path) => ["-P", path]),
    "-e",
    `inject=all:delay_enter=${DELAY_MS * 1_000}`,
    process.execPath,
    ...ISOLATED,
    entryPath("statusline"),
  ];

  test.each(["fresh", "old"])(
    "does not delay the line, which leaves the directory to a worker, with a state that is %s",
    async (age) => {
      using home = freshHome();
      const env: Record<string, string> = {
        PATH: "/usr/bin:/bin",
        HOME: home.path,
        PET_CLAUDE_COMMAND: "/nonexistent/claude",
        ...on(home),
      };
      await home.run("statusline", [], { stdin: turn, env: on(home) });
      const run = join(home.logs, ".run");
      await home.until(() => existsSync(run) && readdirSync(run).some((name) => name.startsWith("state-")), "a state");
      if (age === "old") {
        env["PET_USAGE_LOG_INTERVAL"] = "1000";
        await Bun.sleep(3_100);
      }
      // The file for the worker's stderr is only passed on, which makes no call to the file system.
      const inRun = readdirSync(run)
        .filter((name) => name !== "worker.err")
        .map((name) => join(run, name));
      const child = Bun.spawn(slow([home.logs, run, ...inRun]), {
        cwd: join(home.path, "project"),
        env,
        stdio: [new Blob([turn]), "pipe", "ignore"],
        timeout: 30_000,
      });
      const started = performance.now();
      const { value } = await child.stdout.getReader().read();
      expect(performance.now() - started).toBeLessThan(DELAY_MS / 2);
      const shown = new TextDecoder().decode(value);
      expect(shown).toContain("Opus");
      expect(shown).toContain("does not answer");
      // The tracing process takes as long as the delays.
      expect(await child.exited).toBe(0);
      // The directory is left to a worker that waits for it; its pid is in our own folder.
      expect(existsSync(join(home.path, ".claude/pets/.run/slow-worker"))).toBe(true);
    },
    60_000,
  );
});

describe("a log directory shared with other users", () => {
  test.each(["755", "775", "1777", "700"])(
    "keeps its mode %s, and the files we create in it are private",
    async (mode) => {
      using home = freshHome();
      mkdirSync(home.logs);
      writeFileSync(join(home.logs, "theirs.log"), "theirs");
      chmodSync(home.logs, Number.parseInt(mode, 8));
      chmodSync(join(home.logs, "theirs.log"), 0o644);
      await home.run("statusline", [], { stdin: turn, env: on(home) });
      await home.until(() => home.lines("usage").length === 1, "a usage record");
      expect(modeOf(home.logs)).toBe(mode);
      expect(modeOf(join(home.logs, "theirs.log"))).toBe("644");
      expect(modeOf(join(home.logs, ".run"))).toBe("700");
      expect(modeOf(join(home.logs, "usage.jsonl"))).toBe("600");
      const { out } = await home.run("cli", ["doctor", "--json"], { env: on(home) });
      const { checks } = JSON.parse(out) as { checks: { name: string; state: string; message: string }[] };
      const { state } = checks.find(({ name }) => name === "directory") ?? {};
      expect(state).toBe(mode === "775" ? "note" : "ok");
      expect(modeOf(home.logs)).toBe(mode);
    },
    30_000,
  );
});

describe("a damaged log database", () => {
  test("is reported by doctor and by the line, and the JSONL files have the records", async () => {
    using home = freshHome();
    const env = { ...on(home), PET_LOG_STORAGE_TYPE: "hybrid" };
    mkdirSync(home.logs);
    writeFileSync(join(home.logs, "usage.db"), Buffer.alloc(8_192, "x"), { mode: 0o600 });
    await home.run("statusline", [], { stdin: turn, env });
    await home.until(() => home.lines("usage").length === 1, "a usage record");
    const log = async (): Promise<{ state?: string; message?: string }> => {
      const { out } = await home.run("cli", ["doctor", "--json"], { env });
      const { checks } = JSON.parse(out) as { checks: { name: string; state: string; message: string }[] };
      return checks.find(({ name }) => name === "log") ?? {};
    };
    // The state is written after the record.
    for (let tries = 0; tries < 50 && !(await log()).message?.includes("old"); tries++) await Bun.sleep(100);
    expect(await log()).toMatchObject({
      state: "note",
      message: expect.stringMatching(
        /record is \S+ old.*; \S+usage\.db lacks records that are in the files: file is not a database$/,
      ),
    });
  }, 30_000);
});

describe.skipIf(!isRoot)("root with the home directory of a user", () => {
  const sentence = "but pawprint runs as root: that user could not use the files that root creates there";

  function usersHome(): Home {
    const home = freshHome();
    mkdirSync(join(home.path, ".claude"));
    for (const path of [home.path, join(home.path, "project"), join(home.path, ".claude")])
      chownSync(path, OTHER, OTHER);
    return home;
  }

  const below = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted();

  test.each(["daily", "overview", "scan", "capture", "watch"])(
    "makes %s write nothing and say what to do",
    async (command) => {
      using home = usersHome();
      const before = below(home.path);
      const { code, err } = await home.run("cli", [command], { env: on(home) });
      expect(code).toBe(1);
      expect(err).toContain(sentence);
      expect(err).toContain("without sudo");
      expect(below(home.path)).toEqual(before);
    },
  );

  test("leaves the line visible with the reason why logging is off, and no file is written", async () => {
    using home = usersHome();
    const before = below(home.path);
    const { code, out } = await home.run("statusline", [], { stdin: turn, env: { ...on(home), COLUMNS: "400" } });
    expect(code).toBe(0);
    expect(out).toContain("log stopped");
    expect(out).toContain("pawprint runs as root");
    await Bun.sleep(300);
    expect(below(home.path)).toEqual(before);
  });

  test("the line creates no file either if the user's own log has a state and nothing is due", async () => {
    using home = usersHome();
    const now = home.clock.now();
    const files = logFiles(home.logs, placesOf({ HOME: home.path }, "/nowhere").scope);
    const { session_id: session } = JSON.parse(turn) as { session_id: string };
    mkdirSync(files.run, { recursive: true, mode: 0o700 });
    const seen = { [session]: new Date(now).toISOString() };
    writeFileSync(files.state, stateText({ ...emptyState, usage: { at: now }, status: { at: now }, sessions: seen }));
    for (const path of [home.logs, files.run, files.state]) chownSync(path, OTHER, OTHER);
    const before = below(home.path);
    const env = { ...on(home), PET_USAGE_LOG_INTERVAL: "86400000", PET_STATUS_LOG_INTERVAL: "86400000" };
    const { code, out } = await home.run("statusline", [], { stdin: turn, env });
    expect({ code, isShown: out.includes("Opus 5.5") }).toEqual({ code: 0, isShown: true });
    expect(below(home.path)).toEqual(before);
  });

  test("is refused even if root has created a folder in it before", async () => {
    using home = usersHome();
    mkdirSync(join(home.path, ".claude/pets"));
    const { code, err } = await home.run("cli", ["daily"]);
    expect({ code, isReported: err.includes(sentence) }).toEqual({ code: 1, isReported: true });
    expect(below(join(home.path, ".claude/pets"))).toEqual([]);
  });
});
