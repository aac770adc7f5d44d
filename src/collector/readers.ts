import type { Pass, Source } from "../sources/contract.ts";
import { LineReader } from "./chunks.ts";
import type { Task } from "./engines/contract.ts";
import { type Part, readTask } from "./reading.ts";
import { type Orders, type Said, Shared } from "./shared.ts";

/** Threads that may be started to read. */
export interface Help {
  /** The program that they run: it serves where it is not the main thread. */
  readonly door: string;
  /** Bytes from which on they are started. */
  readonly worthwhile?: number;
  /** How many; one for each core but the one that writes, if this is missing. */
  readonly threads?: number;
}

/** Bytes from which on starting threads takes less time than they save. */
const WORTHWHILE = 64 * 1_048_576;
/** More threads than these would wait for the one that writes. */
const MOST = 3;

/** Some of what a task gave. */
export interface Read {
  readonly task: Task;
  readonly part: Part;
}

/** Reads tasks and gives their parts, those of one task in order: in threads where there is much to read and help is allowed. */
export function readAll(
  source: Source,
  pass: Pass,
  tasks: readonly Task[],
  help?: Help,
): Iterable<Read> | AsyncIterable<Read> {
  if (help === undefined) return readHere(pass, tasks);
  const { door, worthwhile = WORTHWHILE, threads = Math.min(navigator.hardwareConcurrency - 1, MOST) } = help;
  const bytes = tasks.reduce((sum, { from, to }) => sum + to - from, 0);
  return threads > 0 && bytes >= worthwhile ? readInThreads(source, pass, tasks, door, threads) : readHere(pass, tasks);
}

function* readHere(pass: Pass, tasks: readonly Task[]): Generator<Read> {
  const lines = new LineReader();
  for (const task of tasks) for (const part of readTask(pass, task, lines)) yield { task, part };
}

async function* readInThreads(
  source: Source,
  pass: Pass,
  tasks: readonly Task[],
  door: string,
  count: number,
): AsyncGenerator<Read> {
  const orders = { source: source.name, pass, tasks: tasks.map((task) => ({ ...task, store: task.store.name })) };
  using threads = new Threads(door, count, orders);
  // Where none can be started, as where a limit of the system forbids it, nothing has been begun either.
  if (!(await threads.started())) return yield* readHere(pass, tasks);
  while (await threads.more()) {
    for (const [at, part] of threads.arrived()) {
      const task = tasks[at];
      if (task) yield { task, part };
    }
  }
}

const READY = JSON.stringify("ready" satisfies Said);
const DONE = JSON.stringify("done" satisfies Said);

/** Threads that read, and what they have read until it is asked for. */
class Threads implements Disposable {
  readonly #shared = new Shared();
  readonly #workers: Worker[] = [];
  readonly #orders: string;
  #arrived: string[] = [];
  #starting: number;
  #busy = 0;
  #failure: unknown = null;
  #wake = (): void => {};

  constructor(door: string, count: number, orders: Orders) {
    this.#orders = JSON.stringify(orders);
    this.#starting = count;
    for (let made = 0; made < count; made++) this.#workers.push(this.#start(door));
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }

  /** Waits until the first one listens; false when none ever will. */
  async started(): Promise<boolean> {
    while (this.#busy === 0 && this.#starting > 0 && this.#arrived.length === 0) await this.#change();
    return this.#busy > 0 || this.#arrived.length > 0;
  }

  /** Waits for something to arrive; false when nothing more will. Throws what a thread failed on that had begun. */
  async more(): Promise<boolean> {
    while (this.#arrived.length === 0 && this.#busy > 0 && this.#failure === null) await this.#change();
    if (this.#failure !== null) throw new Error("a reading thread failed", { cause: this.#failure });
    return this.#arrived.length > 0;
  }

  /** What has arrived since the last time. */
  *arrived(): Generator<readonly [task: number, part: Part]> {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const text of arrived) {
      this.#shared.take(text.length);
      yield JSON.parse(text) as [task: number, part: Part];
    }
  }

  #start(door: string): Worker {
    const worker = new Worker(door);
    let state: "starting" | "busy" | "done" = "starting";
    const pass = (next: "busy" | "done"): void => {
      if (state === "starting") this.#starting--;
      if (state === "busy") this.#busy--;
      if (next === "busy") this.#busy++;
      state = next;
      this.#wake();
    };
    const end = (why: unknown): void => {
      if (state === "busy") this.#failure ??= why;
      pass("done");
    };
    worker.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (data === READY) {
        worker.postMessage([this.#shared.memory, this.#orders], []);
        pass("busy");
      } else if (data === DONE) pass("done");
      else this.#arrived.push(data);
      this.#wake();
    });
    worker.addEventListener("error", (event) => end(event.error ?? new Error(event.message)));
    worker.addEventListener("close", () => end(new Error("it ended by itself")));
    return worker;
  }

  #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}
