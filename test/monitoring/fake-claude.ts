import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandExecutor } from "../../src/monitoring/CommandExecutor.ts";
import type { Invocation } from "../../src/claude/program.ts";
import type { ClaudeAnswers } from "../../src/monitoring/types.ts";
import { systemClock } from "../../src/utils/clock.ts";

/** A fake claude program; a piece of shell script defines what it does for each invocation. */
export interface FakeClaude {
  readonly program: string;
  readonly directory: string;
  /** Returns the arguments of each start, in order. */
  starts(): string[];
  /** Returns the content of a file that the scripts wrote to "$FAKE/name". */
  file(name: string): string;
  /** Returns the pids of running processes that descend from it. Linux only. */
  leftProcesses(): number[];
  ask(
    request?: { usage: boolean; status: boolean; onPlan?: boolean },
    options?: { timeoutMs?: number; maxBytes?: number; env?: Record<string, string> },
  ): Promise<ClaudeAnswers>;
}

const made: string[] = [];

/** Creates a temporary directory, which removeTemporaries deletes. */
export function temporary(prefix: string): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  made.push(path);
  return path;
}

/** Deletes all temporary directories; call it after all tests of a file. */
export function removeTemporaries(): void {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
}

const fixtures = join(import.meta.dir, "../fixtures");
/** Recorded answers with the request ids that the executor uses. */
const [usage = "", status = ""] = readFileSync(join(fixtures, "control/oauth-seed.raw.jsonl"), "utf8")
  .replace('"request_id":"r0"', '"request_id":"get_usage"')
  .replace('"request_id":"r1"', '"request_id":"get_status"')
  .split("\n");

/** Scripts of a working program: it answers like 2.1.328 until its stdin is closed. */
export const workingPieces: Readonly<Record<Invocation, string>> = {
  control: `
    while read -r line; do
      printf '%s\\n' "$line" >> "$FAKE/stdin"
      case "$line" in
        *'"get_usage"'*) printf '{"type":"system","subtype":"ui_invalidate"}\\n'; cat "$FAKE/usage" ;;
        *'"get_status"'*) cat "$FAKE/status" ;;
      esac
    done
    echo closed > "$FAKE/end"`,
  usage: `cat "${join(fixtures, "cli/oauth-p-usage-seed-full.stdout")}"`,
  auth: `echo '{ "loggedIn": true, "email": "dev@example.com" }'`,
  doctor: `cat "${join(fixtures, "diagnostics/recorded/doctor-2.1.328-not-writable.txt")}"`,
  version: "echo '2.1.328 (Claude Code)'",
};

/** Writes a fake program into its own directory; invocations not given in `pieces` work normally. */
export function fakeClaude(pieces: Partial<Record<Invocation, string>> = {}): FakeClaude {
  const home = temporary("fake-claude-");
  const directory = join(home, "logs");
  mkdirSync(directory);
  const { control, usage: text, auth, doctor, version } = { ...workingPieces, ...pieces };
  writeFileSync(join(home, "usage"), `${usage}\n`);
  writeFileSync(join(home, "status"), `${status}\n`);
  const program = join(home, "claude");
  writeFileSync(
    program,
    `#!/bin/sh
echo "$*" >> "$FAKE/starts"
case "$*" in
  *stream-json*) ${control} ;;
  *-p\\ /usage) ${text} ;;
  *auth\\ status) ${auth} ;;
  *doctor) ${doctor} ;;
  --version) ${version} ;;
  *) exit 99 ;;
esac
`,
  );
  chmodSync(program, 0o755);
  const file = (name: string): string => {
    try {
      return readFileSync(join(home, name), "utf8");
    } catch {
      return "";
    }
  };
  return {
    program,
    directory,
    file,
    starts: () => file("starts").split("\n").filter(Boolean),
    leftProcesses: () =>
      (process.platform === "linux" ? readdirSync("/proc") : [])
        .filter((pid) => /^\d+$/.test(pid) && isStartedFrom(pid, home))
        .map(Number),
    async ask(request = { usage: true, status: true }, options = {}) {
      const env = { PATH: process.env["PATH"] ?? "", HOME: home, ...options.env, FAKE: home };
      return new CommandExecutor({
        timeoutMs: 10_000,
        ...options,
        program,
        directory,
        env,
        clock: systemClock,
      }).ask(request);
    },
  };
}

function isStartedFrom(pid: string, home: string): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .charAt(0);
    return state !== "Z" && readFileSync(`/proc/${pid}/environ`, "latin1").includes(home);
  } catch {
    return false;
  }
}
