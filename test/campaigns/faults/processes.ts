import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";

/** A child process that communicates in lines. */
export interface LineProcess {
  readonly pid: number;
  /** All complete lines so far. */
  readonly lines: readonly string[];
  /** Resolves with a line that starts with a text, including earlier lines; null if the child exits without one. */
  waitForLine(start: string): Promise<string | null>;
  /** Resolves when it has printed more or exited. */
  more(): Promise<void>;
  isOver(): boolean;
  send(line: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with its stderr when the child has exited and all its output has been read. */
  readonly ended: Promise<string>;
}

/** Starts a driver with its arguments as JSON, with `through` before the command. */
export function startDriver(url: URL, args: object, through: readonly string[] = []): LineProcess {
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
    async waitForLine(start) {
      for (let printed = 0; ;) {
        for (; printed < lines.length; printed++) if (lines[printed]?.startsWith(start)) return lines[printed] ?? null;
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
        // It was killed; the end of its output shows that.
      }
    },
    kill: (signal) => child.kill(signal),
  };
}

/** Processes other than this one whose environment or command line contains a text, without zombies. Linux only. */
export function processesWith(text: string): { pid: number; command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "latin1");
      const has = command.includes(text) || readFileSync(`/proc/${name}/environ`, "latin1").includes(text);
      return has && command !== "" ? [{ pid, command: command.replaceAll("\0", " ").trim() }] : [];
    } catch {
      return []; // It has exited meanwhile, or belongs to another user.
    }
  });
}

/** Waits until a condition holds, at most `ms` milliseconds; returns whether it does. */
export async function waitFor(holds: () => boolean | Promise<boolean>, ms: number, step = 20): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() >= end) return false;
    await Bun.sleep(step);
  }
}

/**
 * Waits until no process contains a text any more; returns those that still do after `ms` milliseconds. A process that is just
 * starting does not show the text yet, so several checks in a row must find nothing.
 */
export async function remainingProcesses(text: string, ms: number): Promise<{ pid: number; command: string }[]> {
  let empty = 0;
  await waitFor(() => (empty = processesWith(text).length === 0 ? empty + 1 : 0) >= 4, ms);
  return processesWith(text);
}
