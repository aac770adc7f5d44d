import type { Pass, Source } from "../sources/contract.ts";
import { LineReader } from "./chunks.ts";
import { type Part, readStretch, type Stretch } from "./reading.ts";

/** What the second thread is told to read. */
export interface Order {
  readonly source: string;
  readonly pass: Pass;
  readonly machine: string;
  readonly stretch: Stretch;
}

/** What the second thread posts once it listens: what is posted to it before is lost. */
export const READY = "ready";
/** Below this many bytes starting a thread takes longer than it saves. */
const WORTHWHILE = 128 * 1_048_576;
/** Stretches that the thread has before it, so that it never waits for the next. */
const AHEAD = 4;

/**
 * Reads stretches and gives their parts, those of one stretch in order. Much is read by two threads: the second one takes
 * the largest stretches, this one the smallest whenever no part has arrived. `thread` is the file that a thread runs, null
 * where there is none.
 */
export async function* readAll(
  source: Source,
  pass: Pass,
  machine: string,
  stretches: readonly Stretch[],
  thread: string | null,
): AsyncGenerator<Part> {
  const bytes = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const waiting = [...stretches];
  const lines = new LineReader();
  const second = thread !== null && bytes >= WORTHWHILE ? new Second(thread, waiting) : null;
  if (second) waiting.sort((a, b) => b.to - b.from - (a.to - a.from));
  second?.begin((stretch) => ({ source: source.name, pass, machine, stretch }));
  try {
    for (;;) {
      if (second) yield* second.arrived();
      const stretch = waiting.pop();
      if (stretch) yield* readStretch(source, pass, machine, stretch, lines);
      else if (!second || !(await second.more())) break;
      // Lets what the second thread posts come in.
      if (second) await Bun.sleep(0);
    }
  } finally {
    second?.end();
  }
}

/** The second thread: takes from the front of what is waiting, and keeps what it has read until it is asked for. */
class Second {
  readonly #worker: Worker;
  readonly #waiting: Stretch[];
  #parts: Part[] = [];
  #open = 0;
  #failure: unknown = null;
  #wake = (): void => {};

  constructor(path: string, waiting: Stretch[]) {
    this.#worker = new Worker(path);
    this.#waiting = waiting;
  }

  begin(orderOf: (stretch: Stretch) => Order): void {
    const give = (): void => {
      const stretch = this.#waiting.shift();
      if (!stretch) return;
      this.#open++;
      this.#worker.postMessage(JSON.stringify(orderOf(stretch)), []);
    };
    this.#worker.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (data === READY) for (let ahead = 0; ahead < AHEAD; ahead++) give();
      else {
        const part = JSON.parse(data) as Part;
        this.#parts.push(part);
        if (part.isLast) {
          this.#open--;
          give();
        }
      }
      this.#wake();
    });
    this.#worker.addEventListener("error", (event) => {
      this.#failure = event.error ?? new Error(event.message);
      this.#wake();
    });
  }

  /** What has arrived since the last time. Throws what the thread failed on. */
  arrived(): readonly Part[] {
    if (this.#failure !== null) throw new Error("the reading thread failed", { cause: this.#failure });
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** Waits for something to arrive; false when nothing more will. */
  async more(): Promise<boolean> {
    if (this.#parts.length > 0) return true;
    if (this.#open === 0) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    return true;
  }

  end(): void {
    this.#worker.terminate();
  }
}
