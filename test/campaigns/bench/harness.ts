import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Environment, environment } from "../../../src/utils/config.ts";
import { CLAUDE_VERSION } from "../e2e/claude.ts";
import { writeFalseHome } from "../e2e/false-home.ts";
import { transcript } from "./transcript.ts";

const RECORDED = join(import.meta.dir, "../..", "fixtures", "statusline", "stdin-6-after-tools-oauth-rate_limits.json");
const BRANCH = "feature/limits";
const TRANSCRIPT_BYTES = 5 * 1024 * 1024;
const FIVE_HOUR_RESET_MS = 8_220_000;
const WEEKLY_RESET_MS = 363_600_000;
const CACHE_MS = 240_000;
const LIMITS = { fiveHour: 42, weekly: 17, fable: 9 };

/** A temporary user environment: a home without a login, a git repository, a long transcript. */
export interface Harness {
  /** The folder that contains everything else. */
  readonly root: string;
  readonly home: string;
  /** The git repository in which the session works. */
  readonly project: string;
  /**
   * The input that Claude Code would send to a statusline here: every field as recorded, with paths and times of this
   * harness.
   */
  stdin(sessionId?: string): string;
  /** The environment of a statusline's process, with `more` added. */
  env(more?: Environment): Record<string, string>;
  /**
   * Appends a line to the transcript, as happens between two refreshes: some peers repeat their output while it is
   * unchanged.
   */
  grow(): void;
  clear(): void;
}

interface Recorded {
  session_id: string;
  transcript_path: string;
  cwd: string;
  workspace: { current_dir: string; project_dir: string };
  prompt_cache: { expires_at: number };
  rate_limits: { five_hour: { resets_at: number }; seven_day: { resets_at: number } };
}

function commit(project: string, home: string): void {
  const git = (...args: string[]): void => {
    const identity = ["-c", "user.name=dev", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false"];
    const env = { PATH: environment()["PATH"], HOME: home };
    const done = Bun.spawnSync(["git", ...identity, ...args], { cwd: project, env, stderr: "pipe" });
    if (!done.success) throw new Error(`git ${args.join(" ")}: ${done.stderr.toString()}`);
  };
  git("init", "--quiet", "--initial-branch=main");
  for (const [index, name] of ["README.md", "index.ts", "limits.ts"].entries()) {
    writeFileSync(join(project, name), `export const step = ${index};\n`.repeat(200));
    git("add", ".");
    git("commit", "--quiet", "--message", `step ${index}`);
  }
  git("checkout", "--quiet", "-b", BRANCH);
  writeFileSync(join(project, "limits.ts"), "export const step = 3;\n".repeat(180));
}

/** Epoch seconds in `ms` milliseconds from now. */
const inSeconds = (ms: number): number => Math.round((Date.now() + ms) / 1000);

/** Creates a harness in the temporary directory. */
export function setUpHarness(): Harness {
  const root = mkdtempSync(join(tmpdir(), "pawprint-bench-"));
  const { home, project } = writeFalseHome(root, CLAUDE_VERSION, LIMITS, Date.now());
  mkdirSync(join(root, "tmp"));
  commit(project, home);
  const recorded = readFileSync(RECORDED, "utf8");
  const { session_id: firstSession } = JSON.parse(recorded) as Recorded;
  const transcripts = join(home, ".claude", "projects", project.replaceAll(/[^A-Za-z0-9]/g, "-"));
  const path = (sessionId: string): string => join(transcripts, `${sessionId}.jsonl`);
  mkdirSync(dirname(path(firstSession)), { recursive: true });
  const plan = { sessionId: firstSession, cwd: project, branch: BRANCH, bytes: TRANSCRIPT_BYTES, end: Date.now() };
  const lines = transcript(plan);
  writeFileSync(path(firstSession), lines);
  const lastLine = lines.slice(lines.lastIndexOf("\n", lines.length - 2) + 1);

  return {
    root,
    home,
    project,
    stdin(sessionId = firstSession) {
      const session = JSON.parse(recorded) as Recorded;
      session.session_id = sessionId;
      session.transcript_path = path(firstSession);
      session.cwd = session.workspace.current_dir = session.workspace.project_dir = project;
      session.prompt_cache.expires_at = inSeconds(CACHE_MS);
      session.rate_limits.five_hour.resets_at = inSeconds(FIVE_HOUR_RESET_MS);
      session.rate_limits.seven_day.resets_at = inSeconds(WEEKLY_RESET_MS);
      return JSON.stringify(session);
    },
    env(more = {}) {
      const given: Environment = {
        PATH: environment()["PATH"],
        HOME: home,
        TMPDIR: join(root, "tmp"),
        COLUMNS: "120",
        LINES: "40",
        LANG: "C.UTF-8",
        TERM: "xterm-256color",
        CLAUDECODE: "1",
        CLAUDE_CODE_ENTRYPOINT: "cli",
        CLAUDE_CODE_SESSION_ID: firstSession,
        CLAUDE_PROJECT_DIR: project,
        ...more,
      };
      return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value ? [[name, value]] : [])));
    },
    grow: () => appendFileSync(path(firstSession), lastLine),
    clear: () => rmSync(root, { recursive: true, force: true }),
  };
}
