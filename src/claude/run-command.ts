import { messageOf } from "../utils/errors.ts";
import { killTree, MARK } from "./process-tree.ts";

/** An external command and its limits. */
export interface BoundedCommand {
  /** The program and its arguments; run without a shell. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to stdin, which stays open until the output ends; null for an empty stdin. */
  readonly input: string | null;
  /** Bytes of output, both streams together, above which the run is stopped. */
  readonly maxBytes: number;
  /** Stops the run when aborted. */
  readonly deadline: AbortSignal;
  /** Whether a line of output is the last one needed. Stdin is then closed, and the program has 2 s to exit. */
  readonly isLast?: (line: string) => boolean;
}

/** How a run ended: by itself, at the deadline, because of too much output, or because it could not be started. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; null if it was stopped or killed. */
  readonly exit: number | null;
  readonly stopped: "deadline" | "output" | null;
  /** Why it could not be started; null if it was started. */
  readonly notStarted: string | null;
}

/** How long a program may run after its last answer or the end of its output, milliseconds. */
const LINGER_MS = 2_000;
/** How long to wait for a pipe that a grandchild keeps open after the program has ended, milliseconds. */
const DRAIN_MS = 200;

/** A stream of bytes; without a value at its end. */
interface ByteSource {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/** The output of a run so far, and the bytes left until its limit. */
interface CapturedOutput {
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
 * Runs a command in its own process group and leaves no process behind: at the deadline, above the output limit and
 * also after a normal exit, all processes that it started are killed, including those in other sessions. Returns the
 * output up to then; waits 200 ms for pipes that a grandchild keeps open. Never throws because of the command.
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
  const captured: CapturedOutput = { stdout: { text: "" }, stderr: { text: "" }, bytesLeft: bounded.maxBytes };
  let stopped: CommandResult["stopped"];
  try {
    stopped = await collectOutput(child, captured, bounded);
  } finally {
    await killTree(child.pid, mark);
    child.kill("SIGKILL");
    await Promise.race([child.exited, pause(DRAIN_MS)]);
  }
  return {
    ...nothing,
    stdout: captured.stdout.text,
    stderr: captured.stderr.text,
    exit: stopped ? null : child.exitCode,
    stopped,
  };
}

/** Collects the output of a child until it ends or has to be stopped; returns why it was stopped. */
async function collectOutput(
  child: ReturnType<typeof start>,
  captured: CapturedOutput,
  { deadline, input, isLast }: BoundedCommand,
): Promise<CommandResult["stopped"]> {
  const end = Promise.withResolvers<CommandResult["stopped"]>();
  const onDeadline = (): void => end.resolve("deadline");
  deadline.addEventListener("abort", onDeadline, { once: true });
  let linger: Timer | undefined;
  const release = (): void => {
    linger ??= setTimeout(() => end.resolve(null), LINGER_MS).unref();
    ignoreErrors(() => child.stdin?.end());
  };
  const onTooMuch = (): void => end.resolve("output");
  const readers = [child.stdout.getReader(), child.stderr.getReader()] as const;
  const onLine = isLast ? (line: string): void => void (isLast(line) && release()) : null;
  const out = readStream(readers[0], captured, captured.stdout, onTooMuch, onLine).then(release);
  const err = readStream(readers[1], captured, captured.stderr, onTooMuch, null);
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
    deadline.removeEventListener("abort", onDeadline);
    for (const reader of readers) ignoreErrors(() => reader.cancel());
  }
}

async function readStream(
  reader: ByteSource,
  captured: CapturedOutput,
  into: { text: string },
  onTooMuch: () => void,
  onLine: ((line: string) => void) | null,
): Promise<void> {
  const decoder = new TextDecoder();
  let line = "";
  try {
    for (let chunk = await reader.read(); chunk.value; chunk = await reader.read()) {
      captured.bytesLeft -= chunk.value.length;
      if (captured.bytesLeft < 0) {
        onTooMuch();
        return;
      }
      const part = decoder.decode(chunk.value, { stream: true });
      into.text += part;
      if (!onLine) continue;
      // Only the new part is searched, since output may arrive byte by byte.
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
    // The pipe broke; the output before it counts.
  }
}

/** Runs an action that may fail because the child has ended; the exit status shows that anyway. */
function ignoreErrors(action: () => unknown): void {
  try {
    void Promise.resolve(action()).catch(() => {});
  } catch {
    // The same error, thrown synchronously.
  }
}

/** Waits without keeping this process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
