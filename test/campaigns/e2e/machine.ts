import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** A start of `claude`: its process, arguments and environment variables. */
export interface ClaudeStart {
  readonly pid: number;
  readonly args: string;
  readonly variables: readonly string[];
  /** The API base address and the setting against nonessential traffic, as given by its parent. */
  readonly base: string;
  readonly quiet: string;
}

/**
 * Writes a `claude` script to `folder` that records how it was started and then runs the real program. Its requests carry its
 * process id, and it can only reach the stand-in and the blocked proxy, whatever its environment.
 */
export function writeProgram(folder: string, real: string, ports: { standIn: number; blockedProxy: number }): void {
  const script = `#!/bin/sh
{ echo "start $$"; echo "args $*"; echo "base $ANTHROPIC_BASE_URL"; echo "quiet $CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"
  echo "variables $(env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p' | tr '\\n' ' ')"; } > "${folder}/start.$$"
mv "${folder}/start.$$" "${folder}/started.$$"
export ANTHROPIC_BASE_URL="http://127.0.0.1:${ports.standIn}/by/$$" CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1
export HTTPS_PROXY="http://$$:-@127.0.0.1:${ports.blockedProxy}" NO_PROXY=127.0.0.1
export HTTP_PROXY="$HTTPS_PROXY" https_proxy="$HTTPS_PROXY" http_proxy="$HTTPS_PROXY" no_proxy="$NO_PROXY"
exec '${real}' "$@"
`;
  writeFileSync(`${folder}/claude`, script, { mode: 0o755 });
}

const field = (text: string, name: string): string => new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? "";

/** All starts so far, in no particular order. */
export function starts(folder: string): ClaudeStart[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("started."))
    .map((name) => {
      const text = readFileSync(`${folder}/${name}`, "utf8");
      return {
        pid: Number(field(text, "start")),
        args: field(text, "args"),
        variables: field(text, "variables").split(" ").filter(Boolean),
        base: field(text, "base"),
        quiet: field(text, "quiet"),
      };
    });
}

/** A process that belongs to a fake home. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Processes with `mark` (a path of the test) in their command line or environment, without zombies. */
export function processesWith(mark: string): Process[] {
  if (!existsSync("/proc/self/environ")) return processesOfPs(mark);
  const found: Process[] = [];
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const marked = command.includes(mark) || readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      if (marked && command !== "") found.push({ pid: Number(pid), command });
    } catch {
      // It has exited meanwhile, or belongs to another user.
    }
  }
  return found;
}

/** The same with `ps`, for systems without /proc. */
function processesOfPs(mark: string): Process[] {
  const text = Bun.spawnSync(["ps", "-Aww", "-E", "-o", "pid=,command="]).stdout.toString();
  return text
    .split("\n")
    .filter((line) => line.includes(mark))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, "").slice(0, 200) }))
    .filter(({ pid, command }) => pid !== process.pid && !command.startsWith("ps "));
}

/** Kills every process with `mark` in its command line or environment. */
export function endProcessesWith(mark: string): void {
  for (const { pid } of processesWith(mark)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has already exited.
    }
  }
}

/** The lines of a file; none if it is missing. */
export function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
}
