import { messageOf } from "../utils/errors.ts";
import { killTree, MARK } from "./process-tree.ts";

/** A program of somebody else's, and the bounds that it is run in. */
export interface BoundedCommand {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to its stdin, which then stays open until its output ends; null for an empty stdin. */
  readonly input: string | null;
  /** Bytes of output, both streams together, above which the run is stopped. */
  readonly maxBytes: number;
  /** Stops the run. */
  readonly deadline: AbortSignal;
  /** Whether a line of its output is the last that is needed: its stdin is closed then, and it has 2 s left to end. */
  readonly isLast?: (line: string) => boolean;
}

/** How a run ended: on its own, at the deadline, because it said too much, or it could not be started at all. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; null when it was stopped or killed. */
  readonly exit: number | null;
  readonly stopped: "deadline" | "output" | null;
  /** Why it could not be started; null when it was. */
  readonly notStarted: string | null;
}

/** How long a program may go on after it gave its answers, or after its output ended. */
const LINGER_MS = 2_000;
/** How long a pipe may stay open (in the hands of a grandchild) after the program ended. */
const DRAIN_MS = 200;

/** Where output comes from: bytes until there is no value any more. */
interface Source {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/** What a run said so far, and what is left of its allowance. */
interface Said {
  readonly stdout: { text: string };
  readonly stderr: { text: string };
  bytesLeft: number;
}

function start({ command, directory, env, input }: BoundedCommand, mark: string) {
  return Bun.spawn([...command], {
    cwd: directory,
    env: { ...env, [MARK]: mark },
    stdin: input === null ? "ignore" : "pipe",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
    windowsHide: true,
  });
}

/**
 * Runs a command in a process group of its own and leaves no process behind: at the deadline, above its output limit, and
 * also when it ends well, everything that it started is killed, in sessions of their own as well. What it printed until
 * then is returned, and a pipe that a grandchild holds open is waited for 200 ms. Never throws for what the command does.
 */
export async function runCommand(bounded: BoundedCommand): Promise<CommandResult> {
  const nothing = { stdout: "", stderr: "", exit: null, stopped: null, notStarted: null };
  if (bounded.deadline.aborted) return { ...nothing, stopped: "deadline" };
  const mark = crypto.randomUUID();
  let child: ReturnType<typeof start>;
  try {
    child = start(bounded, mark);
  } catch (error) {
    return { ...nothing, notStarted: messageOf(error) };
  }
  const said: Said = { stdout: { text: "" }, stderr: { text: "" }, bytesLeft: bounded.maxBytes };
  let stopped: CommandResult["stopped"];
  try {
    stopped = await watch(child, said, bounded);
  } finally {
    await killTree(child.pid, mark);
    child.kill("SIGKILL");
    await Promise.race([child.exited, pause(DRAIN_MS)]);
  }
  return {
    ...nothing,
    stdout: said.stdout.text,
    stderr: said.stderr.text,
    exit: stopped ? null : child.exitCode,
    stopped,
  };
}

/** Collects what a child says until it ends, or has to be ended. */
async function watch(
  child: ReturnType<typeof start>,
  said: Said,
  { deadline, input, isLast }: BoundedCommand,
): Promise<CommandResult["stopped"]> {
  const end = Promise.withResolvers<CommandResult["stopped"]>();
  const late = (): void => end.resolve("deadline");
  deadline.addEventListener("abort", late, { once: true });
  let linger: Timer | undefined;
  const release = (): void => {
    linger ??= setTimeout(() => end.resolve(null), LINGER_MS).unref();
    ignoreErrors(() => child.stdin?.end());
  };
  const onTooMuch = (): void => end.resolve("output");
  const readers = [child.stdout.getReader(), child.stderr.getReader()] as const;
  const onLine = isLast ? (line: string): void => void (isLast(line) && release()) : null;
  const out = collect(readers[0], said, said.stdout, onTooMuch, onLine).then(release);
  const err = collect(readers[1], said, said.stderr, onTooMuch, null);
  ignoreErrors(() => {
    void child.stdin?.write(input ?? "");
    return child.stdin?.flush();
  });
  void child.exited.then(() => end.resolve(null));
  try {
    const stopped = await end.promise;
    if (!stopped) await Promise.race([Promise.all([out, err]), pause(DRAIN_MS)]);
    return stopped;
  } finally {
    clearTimeout(linger);
    deadline.removeEventListener("abort", late);
    for (const reader of readers) ignoreErrors(() => reader.cancel());
  }
}

async function collect(
  reader: Source,
  said: Said,
  into: { text: string },
  onTooMuch: () => void,
  onLine: ((line: string) => void) | null,
): Promise<void> {
  const decoder = new TextDecoder();
  let line = "";
  try {
    for (let chunk = await reader.read(); chunk.value; chunk = await reader.read()) {
      said.bytesLeft -= chunk.value.length;
      if (said.bytesLeft < 0) {
        onTooMuch();
        return;
      }
      const part = decoder.decode(chunk.value, { stream: true });
      into.text += part;
      if (!onLine) continue;
      // Only the new part is searched: output may come byte by byte.
      let from = 0;
      for (let at = part.indexOf("\n"); at >= 0; at = part.indexOf("\n", from)) {
        onLine(line + part.slice(from, at));
        line = "";
        from = at + 1;
      }
      line += part.slice(from);
    }
    if (line !== "") onLine?.(line);
  } catch {
    // A pipe that broke: what came before counts.
  }
}

/** Does what may fail because the child is gone, which its exit tells anyway. */
function ignoreErrors(action: () => unknown): void {
  try {
    void Promise.resolve(action()).catch(() => {});
  } catch {
    // The same, thrown at once.
  }
}

/** A wait that does not keep this process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
