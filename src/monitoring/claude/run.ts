import { messageOf } from "../../utils/errors.ts";
import { killTree, MARK } from "./process-tree.ts";
import { additions, argumentsOf, type Invocation, linesOf, type Request } from "./program.ts";

/** The program, how it is started, and when it is stopped. */
export interface Runtime {
  readonly program: string;
  readonly directory: string;
  /** Scrubbed already. */
  readonly env: Readonly<Record<string, string>>;
  /** Bytes of output, both streams together, above which a run is stopped. */
  readonly maxBytes: number;
  /** Stops everything at the deadline. */
  readonly deadline: AbortSignal;
}

/** How a run ended: on its own, at the deadline, because it said too much, or it could not be started at all. */
export interface Ran {
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

function start(runtime: Runtime, name: Invocation, mark: string, hasInput: boolean) {
  return Bun.spawn([runtime.program, ...argumentsOf(name)], {
    cwd: runtime.directory,
    env: { ...runtime.env, ...additions[name], [MARK]: mark },
    stdin: hasInput ? "pipe" : "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
    windowsHide: true,
  });
}

/**
 * Runs one invocation in a process group of its own, without a shell, and leaves no process behind. With `asked`, those
 * requests are written to its stdin, which is closed once `isAnswered` says of a line of its output that it was the last one
 * needed. Never throws for what the program does.
 */
export async function run(
  runtime: Runtime,
  name: Invocation,
  asked: readonly Request[] = [],
  isAnswered: (line: string) => boolean = () => false,
): Promise<Ran> {
  const input = linesOf(asked);
  const nothing = { stdout: "", stderr: "", exit: null, stopped: null, notStarted: null };
  if (runtime.deadline.aborted) return { ...nothing, stopped: "deadline" };
  const mark = crypto.randomUUID();
  let child: ReturnType<typeof start>;
  try {
    child = start(runtime, name, mark, input !== "");
  } catch (error) {
    return { ...nothing, notStarted: messageOf(error) };
  }
  const said: Said = { stdout: { text: "" }, stderr: { text: "" }, bytesLeft: runtime.maxBytes };
  let stopped: Ran["stopped"];
  try {
    stopped = await watch(child, said, runtime.deadline, input, isAnswered);
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
  deadline: AbortSignal,
  input: string,
  isAnswered: (line: string) => boolean,
): Promise<Ran["stopped"]> {
  const end = Promise.withResolvers<Ran["stopped"]>();
  const late = (): void => end.resolve("deadline");
  deadline.addEventListener("abort", late, { once: true });
  let linger: Timer | undefined;
  const release = (): void => {
    linger ??= setTimeout(() => end.resolve(null), LINGER_MS).unref();
    quietly(() => child.stdin?.end());
  };
  const onTooMuch = (): void => end.resolve("output");
  const readers = [child.stdout.getReader(), child.stderr.getReader()] as const;
  const out = collect(readers[0], said, said.stdout, onTooMuch, (line) => isAnswered(line) && release()).then(release);
  const err = collect(readers[1], said, said.stderr, onTooMuch, () => {});
  quietly(() => {
    void child.stdin?.write(input);
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
    for (const reader of readers) quietly(() => reader.cancel());
  }
}

async function collect(
  reader: Source,
  said: Said,
  into: { text: string },
  onTooMuch: () => void,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let lineStart = 0;
  try {
    for (let chunk = await reader.read(); chunk.value; chunk = await reader.read()) {
      said.bytesLeft -= chunk.value.length;
      if (said.bytesLeft < 0) {
        onTooMuch();
        return;
      }
      into.text += decoder.decode(chunk.value, { stream: true });
      for (let at = into.text.indexOf("\n", lineStart); at >= 0; at = into.text.indexOf("\n", lineStart)) {
        onLine(into.text.slice(lineStart, at));
        lineStart = at + 1;
      }
    }
    if (lineStart < into.text.length) onLine(into.text.slice(lineStart));
  } catch {
    // A pipe that broke: what came before counts.
  }
}

/** Does what may fail because the child is gone, which its exit tells anyway. */
function quietly(action: () => unknown): void {
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
