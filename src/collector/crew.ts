import type { Pass, Source } from "../sources/contract.ts";
import { LineReader } from "./chunks.ts";
import { type Part, readStretch, type Stretch } from "./reading.ts";

/** What a thread of the crew is told to read. */
export interface Order {
  readonly source: string;
  readonly pass: Pass;
  readonly machine: string;
  readonly stretch: Stretch;
}

/** What a thread posts once it listens. */
export const READY = "ready";

/** Threads that may help: the file that a thread runs, which answers orders, and how many there may be. */
export interface Crew {
  readonly path: string;
  readonly size: number;
}

/** Below this many bytes starting threads takes longer than they save. */
const WORTHWHILE = 96 * 1_048_576;
/** Stretches that a thread has before it, so that it never waits for the next. */
const AHEAD = 3;

/** Reads stretches, with a crew where it is worth it, and gives their parts; those of one stretch in order. */
export async function* readAll(
  source: Source,
  pass: Pass,
  machine: string,
  stretches: readonly Stretch[],
  crew: Crew | null,
): AsyncGenerator<Part> {
  const bytes = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  if (crew && crew.size > 0 && bytes >= WORTHWHILE) yield* readByCrew(source, pass, machine, stretches, crew);
  else {
    const lines = new LineReader();
    for (const stretch of stretches) yield* readStretch(source, pass, machine, stretch, lines);
  }
}

async function* readByCrew(
  source: Source,
  pass: Pass,
  machine: string,
  stretches: readonly Stretch[],
  { path, size }: Crew,
): AsyncGenerator<Part> {
  // The largest first, so that no thread is left with one of them at the end.
  const waiting = stretches.toSorted((a, b) => a.to - a.from - (b.to - b.from));
  const arrived: Part[] = [];
  let failure: unknown = null;
  let open = waiting.length;
  let wake = (): void => {};
  const give = (worker: Worker): void => {
    const stretch = waiting.pop();
    if (stretch) worker.postMessage(JSON.stringify({ source: source.name, pass, machine, stretch } satisfies Order));
  };
  const workers = Array.from({ length: Math.min(size, open) }, () => {
    const worker = new Worker(path);
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      if (data === READY) {
        for (let ahead = 0; ahead < AHEAD; ahead++) give(worker);
        return;
      }
      const part = JSON.parse(data) as Part;
      arrived.push(part);
      if (part.isLast) {
        open--;
        give(worker);
      }
      wake();
    };
    worker.onerror = (event) => {
      failure ??= event.error ?? new Error(event.message);
      wake();
    };
    return worker;
  });
  try {
    while (open > 0 || arrived.length > 0) {
      if (failure !== null) throw new Error("a reading thread failed", { cause: failure });
      const part = arrived.shift();
      if (part) yield part;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
    }
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
