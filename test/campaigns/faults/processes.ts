import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";

/** A child process that talks in lines. */
export interface Talker {
  readonly pid: number;
  /** All complete lines so far. */
  readonly lines: readonly string[];
  /** Resolves with a line that begins so, also one said before; null when the child ends without it. */
  said(start: string): Promise<string | null>;
  /** Resolves when it has said more, or ended. */
  more(): Promise<void>;
  isOver(): boolean;
  send(line: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the child has ended and all it said was read, with what it wrote to stderr. */
  readonly ended: Promise<string>;
}

/** Starts one of the drivers with its arguments as JSON, and with words put before the command. */
export function startDriver(url: URL, args: object, through: readonly string[] = []): Talker {
  const command = [...through, process.execPath, "--no-env-file", Bun.fileURLToPath(url), JSON.stringify(args)];
  const child = Bun.spawn(command, { cwd: tmpdir(), stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of child.stdout) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
      wake.resolve();
      wake = Promise.withResolvers<void>();
    }
  };
  const ended = Promise.all([child.stderr.text(), read(), child.exited]).then(([err]) => {
    isOver = true;
    wake.resolve();
    return err;
  });
  return {
    pid: child.pid,
    lines,
    ended,
    async said(start) {
      for (let seen = 0; ;) {
        for (; seen < lines.length; seen++) if (lines[seen]?.startsWith(start)) return lines[seen] ?? null;
        if (isOver) return null;
        await wake.promise;
      }
    },
    isOver: () => isOver,
    more: () => (isOver ? Promise.resolve() : wake.promise),
    async send(line) {
      try {
        await child.stdin.write(`${line}\n`);
        await child.stdin.flush();
      } catch {
        // It was killed; that it says no more tells.
      }
    },
    kill: (signal) => child.kill(signal),
  };
}

/** The processes, other than this one, whose environment or command line holds a text; zombies left out. Linux only. */
export function processesWith(text: string): { pid: number; command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "latin1");
      const has = command.includes(text) || readFileSync(`/proc/${name}/environ`, "latin1").includes(text);
      return has && command !== "" ? [{ pid, command: command.replaceAll("\0", " ").trim() }] : [];
    } catch {
      return []; // It ended while we looked, or is another user's.
    }
  });
}

/** Waits until a condition holds, at most so many milliseconds; whether it came to hold. */
export async function waitFor(holds: () => boolean | Promise<boolean>, ms: number, step = 20): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() >= end) return false;
    await Bun.sleep(step);
  }
}

/** Waits until no process holds a text any more; what still does after so many milliseconds. One that is just being started shows none, so several looks in a row must find nothing. */
export async function whoStays(text: string, ms: number): Promise<{ pid: number; command: string }[]> {
  let empty = 0;
  await waitFor(() => (empty = processesWith(text).length === 0 ? empty + 1 : 0) >= 4, ms);
  return processesWith(text);
}
