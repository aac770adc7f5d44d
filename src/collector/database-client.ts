import { readFileSync } from "node:fs";
import type { Phase, Source } from "../sources/contract.ts";
import { environment } from "../utils/config.ts";
import { ISOLATED } from "../utils/paths.ts";
import type { Task } from "./readers/contract.ts";
import type { ReaderMessage } from "./database-process.ts";
import type { FilePart } from "./reading.ts";
import { encodeRequest } from "./thread-messages.ts";

/** How databases of other programs are read in a separate process. */
export interface ProcessOptions {
  readonly entryFile: string;
  /** Overrides of the process's default limits. */
  readonly limits?: Partial<ProcessLimits>;
}

/** What a reading process may use before it is killed and its file abandoned. */
interface ProcessLimits {
  /** Milliseconds without a part, for an empty file. */
  readonly silenceMs: number;
  /** Milliseconds for all parts of an empty file. */
  readonly totalMs: number;
  /** Resident memory in bytes. */
  readonly memoryBytes: number;
}

/** A part of what a task read. */
export interface TaskPart {
  readonly task: Task;
  readonly part: FilePart;
}

const DEFAULT_LIMITS: ProcessLimits = { silenceMs: 5_000, totalMs: 10_000, memoryBytes: 1_024 * 1_048_576 };
/**
 * Bytes per millisecond that the slowest disk reads: without any part in between, and while parts arrive, which allows
 * more time.
 */
const MIN_BYTES_PER_MS = { silent: 32 * 1_024, reporting: 2 * 1_024 };
/** Longest message in characters; no valid part is longer. */
const MAX_PART_CHARACTERS = 128 * 1_048_576;
const CHECK_MS = 100;
const NEWLINE = 10;

/**
 * Reads tasks in a separate process, because a query that does not end can only be stopped by killing its process. A
 * process that takes too long or too much memory is killed with all its children, and its task yields a part with
 * `isAbandoned`; the remaining tasks are still read. Throws if the process reports an internal error.
 */
export async function* readInProcess(
  { entryFile, limits }: ProcessOptions,
  source: Source,
  phase: Phase,
  tasks: readonly Task[],
): AsyncGenerator<TaskPart> {
  for (let remaining = tasks; remaining.length > 0;) {
    let child: ReaderProcess;
    try {
      child = new ReaderProcess(entryFile, { ...DEFAULT_LIMITS, ...limits }, remaining);
    } catch {
      // The system starts no more processes now.
      for (const task of remaining) yield { task, part: failedPart(task.memory, false) };
      return;
    }
    let [done, memory] = [0, remaining[0]?.memory ?? null];
    child.send(encodeRequest(source.name, phase, remaining));
    try {
      for await (const [at, part] of child.parts()) {
        const task = remaining[at];
        if (!task) throw new Error(`a reading process reported task ${at} of ${remaining.length}`);
        yield { task, part };
        memory = part.memory === null ? null : JSON.parse(part.memory);
        if (!part.isLast) continue;
        [done, memory] = [at + 1, remaining[at + 1]?.memory ?? null];
        child.startTask(done);
      }
    } finally {
      child.end();
    }
    const task = remaining[done];
    if (task) yield { task, part: failedPart(memory, child.isKilled) };
    remaining = remaining.slice(done + 1);
  }
}

const failedPart = (memory: unknown, isAbandoned: boolean): FilePart => ({
  observations: [],
  skipped: [],
  bytes: 0,
  reached: null,
  prefix: null,
  memory: memory === null ? null : JSON.stringify(memory),
  isLast: true,
  isUnreadable: !isAbandoned,
  ...(isAbandoned && { isAbandoned }),
});

/** A reading process. */
class ReaderProcess {
  /** Whether it was killed because of a limit, or by a signal from outside. */
  isKilled = false;
  readonly #limits: ProcessLimits;
  readonly #tasks: readonly Task[];
  readonly #process;
  readonly #timer: Timer;
  /** Milliseconds that it may take until its next part, and until its last one. */
  #allowed = { silenceMs: 0, totalMs: 0 };
  /** When waiting for its next message began; null while its last part is being processed. */
  #waitingSince: number | null = performance.now();

  /** Throws what the system throws. */
  constructor(entryFile: string, limits: ProcessLimits, tasks: readonly Task[]) {
    this.#limits = limits;
    this.#tasks = tasks;
    const command = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, ...ISOLATED, entryFile];
    // It needs nothing else of the user's environment; Windows starts no program without SystemRoot.
    const { TMPDIR, SystemRoot } = environment();
    this.#process = Bun.spawn([...command, "reader"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...(TMPDIR !== undefined && { TMPDIR }), ...(SystemRoot !== undefined && { SystemRoot }) },
      // A process group of its own, so that it can be killed with all its children.
      detached: process.platform !== "win32",
    });
    this.#timer = setInterval(() => this.#checkLimits(), CHECK_MS);
    this.startTask(0);
  }

  send(request: string): void {
    try {
      void this.#process.stdin.write(`${request}\n`);
      void this.#process.stdin.flush();
    } catch {
      // It has exited already and yields no parts.
    }
  }

  /** Resets the time limits for the task at an index. */
  startTask(index: number): void {
    const size = this.#tasks[index]?.to ?? 0;
    const { silenceMs, totalMs } = this.#limits;
    this.#allowed = {
      silenceMs: silenceMs + size / MIN_BYTES_PER_MS.silent,
      totalMs: totalMs + size / MIN_BYTES_PER_MS.reporting,
    };
  }

  /** Yields its parts until it exits. Throws if it reports an internal error. */
  async *parts(): AsyncGenerator<readonly [task: number, part: FilePart]> {
    const decoder = new TextDecoder();
    let held: Uint8Array[] = [];
    let length = 0;
    for await (const bytes of this.#process.stdout) {
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        const text = decoder.decode(Buffer.concat([...held, bytes.subarray(from, end)]));
        [held, length, from] = [[], 0, end + 1];
        const line = JSON.parse(text) as ReaderMessage;
        if ("fault" in line) throw new Error("a reading process failed", { cause: new Error(line.fault) });
        // It must not be charged for the time in which nobody reads its output.
        this.#allowed.totalMs -= this.#waitedMs;
        this.#waitingSince = null;
        yield line;
        this.#waitingSince = performance.now();
      }
      held.push(bytes.subarray(from));
      length += bytes.length - from;
      if (length > MAX_PART_CHARACTERS) this.#kill();
    }
    await this.#process.exited;
    if (this.#process.signalCode !== null) this.isKilled = true;
  }

  /** Kills it with all its children, unless it has exited. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    try {
      if (process.platform === "win32") this.#process.kill("SIGKILL");
      else process.kill(-this.#process.pid, "SIGKILL");
    } catch {
      // It has just exited.
    }
  }

  #checkLimits(): void {
    const { silenceMs, totalMs } = this.#allowed;
    if (this.#waitedMs > Math.min(silenceMs, totalMs) || residentBytes(this.#process.pid) > this.#limits.memoryBytes)
      this.#kill();
  }

  /** Milliseconds. */
  get #waitedMs(): number {
    return this.#waitingSince === null ? 0 : performance.now() - this.#waitingSince;
  }

  #kill(): void {
    this.isKilled = true;
    this.end();
  }
}

/** Resident memory of a process in bytes; 0 where the system does not report it. */
function residentBytes(pid: number): number {
  if (process.platform !== "linux") return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4_096;
  } catch {
    return 0;
  }
}
