import type { Phase, Source } from "../sources/contract.ts";
import type { Apart, Read } from "./database-client.ts";
import { LineReader } from "./chunks.ts";
import type { Task } from "./readers/contract.ts";
import { type Part, readTask } from "./reading.ts";
import { ordersOf, type Said, Shared } from "./shared.ts";

/** Threads that may be started to read, and processes that read databases of other programs. */
export interface Help extends Apart {
  /** The program that they run: it serves where it is not the main thread, or where its first argument is "reader". */
  readonly entryFile: string;
  /** Bytes from which on they are started. */
  readonly worthwhile?: number;
  /** How many; one for each core but the one that writes, if this is missing. */
  readonly threads?: number;
}

/** Bytes from which on starting threads takes less time than they save. */
const WORTHWHILE = 64 * 1_048_576;
/** More threads than these would wait for the one that writes. */
const MOST = 3;

const READY = JSON.stringify("ready" satisfies Said);
const DONE = JSON.stringify("done" satisfies Said);

interface Thread {
  readonly worker: Worker;
  state: "starting" | "idle" | "busy" | "gone";
}

/** All that read for one scan: this thread, or others where there is much to read and help is allowed. */
export class ReaderThreads implements Disposable {
  readonly #help: Help | undefined;
  readonly #threads: Thread[] = [];
  #shared = new Shared();
  #orders: string | null = null;
  #arrived: string[] = [];
  #failure: unknown = null;
  #wake = (): void => {};

  constructor(help?: Help) {
    this.#help = help;
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#threads) worker.terminate();
  }

  /** Starts threads, if any may help, so that they are there when they are needed. */
  start(): void {
    if (this.#help === undefined || this.#threads.length > 0) return;
    const { entryFile, threads = Math.min(navigator.hardwareConcurrency - 1, MOST) } = this.#help;
    for (let made = 0; made < threads; made++) this.#threads.push(this.#threadOf(entryFile));
  }

  /** Reads tasks in a process that is ended where it takes too long or too much memory; here where no help is allowed. */
  async *readApart(source: Source, pass: Phase, tasks: readonly Task[]): AsyncGenerator<Read> {
    if (tasks.length === 0) return;
    if (this.#help === undefined) return yield* readHere(pass, tasks);
    // Loaded here, since most reports find no database that has changed.
    const { readApart } = await import("./database-client.ts");
    yield* readApart(this.#help, source, pass, tasks);
  }

  /** Reads tasks and gives their parts, those of one task in order. */
  read(source: Source, pass: Phase, tasks: readonly Task[]): AsyncIterable<Read> {
    const bytes = tasks.reduce((sum, { from, to }) => sum + to - from, 0);
    if (this.#help === undefined || bytes < (this.#help.worthwhile ?? WORTHWHILE)) return readHere(pass, tasks);
    return this.#readThere(source, pass, tasks);
  }

  async *#readThere(source: Source, pass: Phase, tasks: readonly Task[]): AsyncGenerator<Read> {
    this.start();
    this.#give(ordersOf(source.name, pass, tasks));
    // Where none can be started, as where a limit of the system forbids it, nothing has been begun either.
    if (!(await this.#isBegun())) return yield* readHere(pass, tasks);
    while (await this.#more()) {
      for (const [at, part] of this.#taken()) {
        const task = tasks[at];
        if (task) yield { task, part };
      }
    }
    this.#orders = null;
  }

  #give(orders: string): void {
    this.#shared = new Shared();
    this.#orders = orders;
    for (const thread of this.#threads) if (thread.state === "idle") this.#post(thread);
  }

  #post(thread: Thread): void {
    thread.state = "busy";
    thread.worker.postMessage([this.#shared.memory, this.#orders], []);
  }

  #has(state: Thread["state"]): boolean {
    return this.#threads.some((thread) => thread.state === state);
  }

  /** Waits until the first one has begun; false when none ever will. */
  async #isBegun(): Promise<boolean> {
    const isBegun = (): boolean => this.#has("busy") || this.#arrived.length > 0;
    while (!isBegun() && this.#has("starting")) await this.#change();
    return isBegun();
  }

  /** Waits for something to arrive; false when nothing more will. Throws what a thread failed on that had begun. */
  async #more(): Promise<boolean> {
    while (this.#arrived.length === 0 && this.#has("busy") && this.#failure === null) await this.#change();
    if (this.#failure !== null) throw new Error("a reading thread failed", { cause: this.#failure });
    return this.#arrived.length > 0;
  }

  /** What has arrived since the last time. */
  *#taken(): Generator<readonly [task: number, part: Part]> {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const text of arrived) {
      this.#shared.take(text.length);
      yield JSON.parse(text) as [task: number, part: Part];
    }
  }

  #threadOf(entryFile: string): Thread {
    const thread: Thread = { worker: new Worker(entryFile), state: "starting" };
    const end = (why: unknown): void => {
      if (thread.state === "busy") this.#failure ??= why;
      thread.state = "gone";
      this.#wake();
    };
    thread.worker.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (data === READY && this.#orders !== null) this.#post(thread);
      else if (data === READY || data === DONE) thread.state = "idle";
      else this.#arrived.push(data);
      this.#wake();
    });
    thread.worker.addEventListener("error", (event) => end(event.error ?? new Error(event.message)));
    thread.worker.addEventListener("close", () => end(new Error("it ended by itself")));
    return thread;
  }

  #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

async function* readHere(pass: Phase, tasks: readonly Task[]): AsyncGenerator<Read> {
  const lines = new LineReader();
  for (const task of tasks) for await (const part of readTask(pass, task, lines)) yield { task, part };
}
