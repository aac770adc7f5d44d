import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** One start of `claude` by anybody: its process, its words, and the variables it was given. */
export interface Start {
  readonly pid: number;
  readonly words: string;
  readonly variables: readonly string[];
  /** Base address and no-extra-traffic switch as they arrived. */
  readonly base: string;
  readonly quiet: string;
}

/**
 * Puts a `claude` into `folder` that writes down who starts it and how, and then becomes the real program. Its requests
 * carry its process id, and it cannot get past the stand-in and the blocked proxy, whatever environment it was started with.
 */
export function writeProgram(folder: string, real: string, ports: { standIn: number; blockedProxy: number }): void {
  const script = `#!/bin/sh
{ echo "start $$"; echo "words $*"; echo "base $ANTHROPIC_BASE_URL"; echo "quiet $CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"
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

/** Every start so far, in no order. */
export function starts(folder: string): Start[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("started."))
    .map((name) => {
      const text = readFileSync(`${folder}/${name}`, "utf8");
      return {
        pid: Number(field(text, "start")),
        words: field(text, "words"),
        variables: field(text, "variables").split(" ").filter(Boolean),
        base: field(text, "base"),
        quiet: field(text, "quiet"),
      };
    });
}

/** A process that belongs to a false home. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Processes that name `mark` (a path of the test) in their command line or environment; zombies do not count. */
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
      // It ended while we looked, or is another user's.
    }
  }
  return found;
}

/** The same from `ps`, where there is no /proc. */
function processesOfPs(mark: string): Process[] {
  const text = Bun.spawnSync(["ps", "-Aww", "-E", "-o", "pid=,command="]).stdout.toString();
  return text
    .split("\n")
    .filter((line) => line.includes(mark))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, "").slice(0, 200) }))
    .filter(({ pid, command }) => pid !== process.pid && !command.startsWith("ps "));
}

/** Ends every process that names `mark`. */
export function endProcessesWith(mark: string): void {
  for (const { pid } of processesWith(mark)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

/** The lines of a file, none when it is missing. */
export function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
}
