import { readFileSync } from "node:fs";
import type { Phase, Source } from "../sources/contract.ts";
import { environment } from "../utils/config.ts";
import { ISOLATED } from "../utils/paths.ts";
import type { Task } from "./readers/contract.ts";
import type { Line } from "./database-process.ts";
import type { Part } from "./reading.ts";
import { ordersOf } from "./shared.ts";

/** How databases of other programs are read in a process of their own. */
export interface Apart {
  readonly entryFile: string;
  /** Limits of such a process instead of the usual ones. */
  readonly limits?: Partial<Limits>;
}

/** What a process that reads may take before it is ended, and its file with it abandoned. */
interface Limits {
  /** Milliseconds without any part, for a file of no size. */
  readonly silence: number;
  /** Milliseconds for all parts of a file of no size. */
  readonly whole: number;
  /** Bytes of memory that it keeps resident. */
  readonly memory: number;
}

/** Some of what a task gave. */
export interface Read {
  readonly task: Task;
  readonly part: Part;
}

const USUAL: Limits = { silence: 5_000, whole: 10_000, memory: 1_024 * 1_048_576 };
/** Bytes in a millisecond that the slowest disk reads, when nothing is told in between and when parts are: they give more time. */
const SLOWEST = { silent: 32 * 1_024, telling: 2 * 1_024 };
/** Characters of a part: what is longer is none of ours. */
const LONGEST_PART = 128 * 1_048_576;
const LOOK_MS = 100;
const NEWLINE = 10;

/**
 * Reads tasks in a process of its own, since a query that does not end can be ended in no other way. What takes too long or
 * too much memory is ended with all that it started, and gives a part that says so; the tasks after it are read all the same.
 * Throws a fault of ours.
 */
export async function* readApart(
  { entryFile, limits }: Apart,
  source: Source,
  pass: Phase,
  tasks: readonly Task[],
): AsyncGenerator<Read> {
  for (let rest = tasks; rest.length > 0;) {
    let child: Child;
    try {
      child = new Child(entryFile, { ...USUAL, ...limits }, rest);
    } catch {
      // The system starts no more processes now.
      for (const task of rest) yield { task, part: unfinished(task.memory, false) };
      return;
    }
    let [done, memory] = [0, rest[0]?.memory ?? null];
    child.begin(ordersOf(source.name, pass, rest));
    try {
      for await (const [at, part] of child.parts()) {
        const task = rest[at];
        if (!task) throw new Error(`a reading process told of task ${at} of ${rest.length}`);
        yield { task, part };
        memory = part.memory === null ? null : JSON.parse(part.memory);
        if (!part.isLast) continue;
        [done, memory] = [at + 1, rest[at + 1]?.memory ?? null];
        child.next(done);
      }
    } finally {
      child.end();
    }
    const task = rest[done];
    if (task) yield { task, part: unfinished(memory, child.isEnded) };
    rest = rest.slice(done + 1);
  }
}

const unfinished = (memory: unknown, isAbandoned: boolean): Part => ({
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

/** A process that reads. */
class Child {
  /** It was ended because of a limit, or by a signal that nobody of ours sent. */
  isEnded = false;
  readonly #limits: Limits;
  readonly #tasks: readonly Task[];
  readonly #process;
  readonly #timer: Timer;
  /** Milliseconds that it may take until its next part, and until its last one. */
  #allowed = { silence: 0, whole: 0 };
  /** Since when something of it is waited for; null while what it gave is used. */
  #waitingSince: number | null = performance.now();

  /** Throws what the system refuses. */
  constructor(entryFile: string, limits: Limits, tasks: readonly Task[]) {
    this.#limits = limits;
    this.#tasks = tasks;
    const command = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, ...ISOLATED, entryFile];
    // Nothing else of the user's environment concerns it; Windows starts no program without SystemRoot.
    const { TMPDIR, SystemRoot } = environment();
    this.#process = Bun.spawn([...command, "reader"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...(TMPDIR !== undefined && { TMPDIR }), ...(SystemRoot !== undefined && { SystemRoot }) },
      // A group of its own, so that it can be ended with all that it started.
      detached: process.platform !== "win32",
    });
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.next(0);
  }

  begin(orders: string): void {
    try {
      void this.#process.stdin.write(`${orders}\n`);
      void this.#process.stdin.flush();
    } catch {
      // One that has ended already gives no parts.
    }
  }

  /** It goes on with the task at a place. */
  next(place: number): void {
    const size = this.#tasks[place]?.to ?? 0;
    const { silence, whole } = this.#limits;
    this.#allowed = { silence: silence + size / SLOWEST.silent, whole: whole + size / SLOWEST.telling };
  }

  /** What it tells until it ends. Throws a fault of ours. */
  async *parts(): AsyncGenerator<readonly [task: number, part: Part]> {
    const decoder = new TextDecoder();
    let held: Uint8Array[] = [];
    let length = 0;
    for await (const bytes of this.#process.stdout) {
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        const text = decoder.decode(Buffer.concat([...held, bytes.subarray(from, end)]));
        [held, length, from] = [[], 0, end + 1];
        const line = JSON.parse(text) as Line;
        if ("fault" in line) throw new Error("a reading process failed", { cause: new Error(line.fault) });
        // While nothing is read of it, it waits, for which it is not to blame.
        this.#allowed.whole -= this.#waited;
        this.#waitingSince = null;
        yield line;
        this.#waitingSince = performance.now();
      }
      held.push(bytes.subarray(from));
      length += bytes.length - from;
      if (length > LONGEST_PART) this.#stop();
    }
    await this.#process.exited;
    if (this.#process.signalCode !== null) this.isEnded = true;
  }

  /** Ends it, if it has not ended, with all that it started. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    try {
      if (process.platform === "win32") this.#process.kill("SIGKILL");
      else process.kill(-this.#process.pid, "SIGKILL");
    } catch {
      // It has ended at this moment.
    }
  }

  #look(): void {
    const { silence, whole } = this.#allowed;
    if (this.#waited > Math.min(silence, whole) || residentBytes(this.#process.pid) > this.#limits.memory) this.#stop();
  }

  /** Milliseconds. */
  get #waited(): number {
    return this.#waitingSince === null ? 0 : performance.now() - this.#waitingSince;
  }

  #stop(): void {
    this.isEnded = true;
    this.end();
  }
}

/** Bytes of memory that a process keeps resident; 0 where the system does not tell. */
function residentBytes(pid: number): number {
  if (process.platform !== "linux") return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4_096;
  } catch {
    return 0;
  }
}
