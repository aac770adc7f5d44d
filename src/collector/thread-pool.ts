import type { Phase, Source } from "../sources/contract.ts";
import type { ProcessOptions, TaskPart } from "./database-client.ts";
import { LineReader } from "./chunks.ts";
import type { Task } from "./readers/contract.ts";
import { type FilePart, readTask } from "./reading.ts";
import { encodeRequest, type ThreadMessage, SharedQueue } from "./thread-messages.ts";

/** Threads that may be started to read, and processes that read databases of other programs. */
export interface ReaderOptions extends ProcessOptions {
  /** The program that they run: it serves when it is not the main thread, or when its first argument is "reader". */
  readonly entryFile: string;
  /** Threads are started if there are at least this many bytes to read. */
  readonly minBytes?: number;
  /** Number of threads; if missing, one per core except the one that writes. */
  readonly threads?: number;
}

/** From this many bytes on, threads save more time than starting them takes. */
const MIN_THREADED_BYTES = 64 * 1_048_576;
/** More threads would wait for the one that writes. */
const MAX_THREADS = 3;

const READY = JSON.stringify("ready" satisfies ThreadMessage);
const DONE = JSON.stringify("done" satisfies ThreadMessage);

interface ReaderThread {
  readonly worker: Worker;
  state: "starting" | "idle" | "busy" | "gone";
}

/** Reads the tasks of one scan: in this thread, or in others if there is much to read and threads are allowed. */
export class ReaderThreads implements Disposable {
  readonly #options: ReaderOptions | undefined;
  readonly #threads: ReaderThread[] = [];
  #shared = new SharedQueue();
  #request: string | null = null;
  #arrived: string[] = [];
  #failure: unknown = null;
  #wake = (): void => {};

  constructor(options?: ReaderOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#threads) worker.terminate();
  }

  /** Starts threads if they are allowed, so that they are ready when needed. */
  start(): void {
    if (this.#options === undefined || this.#threads.length > 0) return;
    const { entryFile, threads = Math.min(navigator.hardwareConcurrency - 1, MAX_THREADS) } = this.#options;
    for (let made = 0; made < threads; made++) this.#threads.push(this.#threadOf(entryFile));
  }

  /**
   * Reads tasks in a process that is killed if it takes too long or too much memory; in this thread if no process is
   * allowed.
   */
  async *readInProcess(source: Source, phase: Phase, tasks: readonly Task[]): AsyncGenerator<TaskPart> {
    if (tasks.length === 0) return;
    if (this.#options === undefined) return yield* readInThisThread(phase, tasks);
    // Loaded here, because most reports find no changed database.
    const { readInProcess } = await import("./database-client.ts");
    yield* readInProcess(this.#options, source, phase, tasks);
  }

  /** Reads tasks and yields their parts, those of one task in order. */
  read(source: Source, phase: Phase, tasks: readonly Task[]): AsyncIterable<TaskPart> {
    const bytes = tasks.reduce((sum, { from, to }) => sum + to - from, 0);
    if (this.#options === undefined || bytes < (this.#options.minBytes ?? MIN_THREADED_BYTES))
      return readInThisThread(phase, tasks);
    return this.#readInThreads(source, phase, tasks);
  }

  async *#readInThreads(source: Source, phase: Phase, tasks: readonly Task[]): AsyncGenerator<TaskPart> {
    this.start();
    this.#assign(encodeRequest(source.name, phase, tasks));
    // If no thread can be started, for example because of a system limit, none has begun a task either.
    if (!(await this.#isBegun())) return yield* readInThisThread(phase, tasks);
    while (await this.#hasArrived()) {
      for (const [at, part] of this.#takeArrived()) {
        const task = tasks[at];
        if (task) yield { task, part };
      }
    }
    this.#request = null;
  }

  #assign(request: string): void {
    this.#shared = new SharedQueue();
    this.#request = request;
    for (const thread of this.#threads) if (thread.state === "idle") this.#post(thread);
  }

  #post(thread: ReaderThread): void {
    thread.state = "busy";
    thread.worker.postMessage([this.#shared.memory, this.#request], []);
  }

  #has(state: ReaderThread["state"]): boolean {
    return this.#threads.some((thread) => thread.state === state);
  }

  /** Waits until the first thread has begun; false if none ever will. */
  async #isBegun(): Promise<boolean> {
    const isBegun = (): boolean => this.#has("busy") || this.#arrived.length > 0;
    while (!isBegun() && this.#has("starting")) await this.#changed();
    return isBegun();
  }

  /** Waits for a message; false if no more will come. Throws the error of a thread that failed while reading. */
  async #hasArrived(): Promise<boolean> {
    while (this.#arrived.length === 0 && this.#has("busy") && this.#failure === null) await this.#changed();
    if (this.#failure !== null) throw new Error("a reading thread failed", { cause: this.#failure });
    return this.#arrived.length > 0;
  }

  /** Yields the parts that have arrived since the last call. */
  *#takeArrived(): Generator<readonly [task: number, part: FilePart]> {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const text of arrived) {
      this.#shared.take(text.length);
      yield JSON.parse(text) as [task: number, part: FilePart];
    }
  }

  #threadOf(entryFile: string): ReaderThread {
    const thread: ReaderThread = { worker: new Worker(entryFile), state: "starting" };
    const end = (error: unknown): void => {
      if (thread.state === "busy") this.#failure ??= error;
      thread.state = "gone";
      this.#wake();
    };
    thread.worker.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (data === READY && this.#request !== null) this.#post(thread);
      else if (data === READY || data === DONE) thread.state = "idle";
      else this.#arrived.push(data);
      this.#wake();
    });
    thread.worker.addEventListener("error", (event) => end(event.error ?? new Error(event.message)));
    thread.worker.addEventListener("close", () => end(new Error("the thread ended unexpectedly")));
    return thread;
  }

  #changed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

async function* readInThisThread(phase: Phase, tasks: readonly Task[]): AsyncGenerator<TaskPart> {
  const lines = new LineReader();
  for (const task of tasks) for await (const part of readTask(phase, task, lines)) yield { task, part };
}
