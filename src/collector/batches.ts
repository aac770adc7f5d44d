import type { FileMark, SkippedLine } from "../ledger/Files.ts";
import type { Ledger } from "../ledger/Ledger.ts";
import { type Entry, prepare } from "../ledger/prepare.ts";
import { OriginsSeen } from "../ledger/Origins.ts";
import { type Pass, readerOf, type Source } from "../sources/contract.ts";
import type { Read } from "./apart.ts";
import type { Task } from "./engines/contract.ts";
import { UNFINISHED } from "./engines/lines.ts";
import type { Part } from "./reading.ts";

/** How a scan is watched and stopped. */
export interface Watch {
  /** Called now and then with bytes read and bytes to be read in this pass. */
  readonly progress?: (read: number, total: number) => void;
  /** Ends the scan after the piece at hand; what was read is kept, and the next scan goes on there. */
  readonly signal?: AbortSignal;
  /** Only databases of other programs are read, for which waiting may be long, or all but them; everything where this is missing. */
  readonly databases?: "only" | "none";
}

/** A file whose reading was stopped. */
export interface Abandoned {
  readonly path: string;
  /** When it is tried again, epoch milliseconds. */
  readonly retryAt: number;
}

/** Entries that are handed to the ledger at one go; more before a transaction begins, so that others can write in between. */
const BATCH = { first: 4_000, next: 1_000 };
/**
 * A transaction ends after so many entries, bytes or milliseconds: what a kill can cost, and how long other writers wait.
 * Keys come in no order, so that each transaction writes nearly every page again: half of a second took 3 % longer, the second pass 5 %.
 */
const TRANSACTION = { entries: 50_000, bytes: 1_024 * 1_048_576, ms: 1_000 };
/** Bytes after which others have their turn. */
const BREATH = 8 * 1_048_576;

const MINUTE_MS = 60_000;
/** How long a file is left alone after its reading was stopped for the first time, and each time after that. */
const PAUSES_MS = [1, 5, 30, 120, 360].map((minutes) => minutes * MINUTE_MS);
/** No file is left alone for longer. */
export const LONGEST_PAUSE_MS = Math.max(...PAUSES_MS);

/** One pass over some files, batch by batch. */
export class Batches {
  bytes = 0;
  readonly unreadable: string[];
  readonly abandoned: Abandoned[] = [];
  readonly #ledger: Ledger;
  readonly #pass: Pass;
  readonly #total: number;
  readonly #watch: Watch;
  readonly #now: () => number;
  /** Marks of files that are being read, as far as they were read. */
  readonly #marks = new Map<string, FileMark>();
  #entries: Entry[] = [];
  #skipped: SkippedLine[] = [];
  #restarted: string[] = [];
  #touched = new Set<string>();
  #origins = new OriginsSeen();
  /** Entries in the transaction that is open; bytes and time where it began. */
  #transaction: { entries: number; bytes: number; at: number };

  constructor(ledger: Ledger, pass: Pass, total: number, unreadable: string[], watch: Watch, now: () => number) {
    this.#ledger = ledger;
    this.#pass = pass;
    this.#total = total;
    this.unreadable = unreadable;
    this.#watch = watch;
    this.#now = now;
    this.#transaction = { entries: 0, bytes: 0, at: now() };
  }

  /** Takes what is read of some tasks; each part is kept at once where the next one may be long in coming. */
  async read(
    source: Source,
    tasks: readonly Task[],
    parts: AsyncIterable<Read>,
    accountOf: (path: string) => string,
    isSlow: boolean,
  ): Promise<void> {
    // Something is read in every scan, so that each comes further.
    const isStopped = this.#watch.signal?.aborted === true && this.#marks.size > 0;
    if (tasks.length === 0 || isStopped) return;
    let breath = this.bytes;
    try {
      for await (const { task, part } of parts) {
        this.#take(source, part, task);
        const account = accountOf(task.path);
        for (const { kind, body } of part.observations) this.#origins.see(kind, body, account, readerOf(source));
        const isLong = isSlow || this.#isLong();
        const batch = this.#transaction.entries === 0 ? BATCH.first : BATCH.next;
        if (isLong || this.#entries.length + this.#skipped.length >= batch) this.#write(source);
        if (isLong) this.#commit();
        if (!isSlow && this.bytes - breath < BREATH) continue;
        // So that signals, timers and keys are noticed in the middle of a long scan.
        breath = this.bytes;
        await Bun.sleep(0);
        if (this.#watch.signal?.aborted) break;
      }
      this.#write(source);
    } finally {
      this.#commit();
    }
  }

  /** Whether the transaction has been open for long enough. */
  #isLong(): boolean {
    const { entries, bytes, at } = this.#transaction;
    return (
      entries + this.#entries.length >= TRANSACTION.entries ||
      this.bytes - bytes >= TRANSACTION.bytes ||
      this.#now() - at >= TRANSACTION.ms
    );
  }

  #commit(): void {
    this.#ledger.commit();
    this.#transaction = { entries: 0, bytes: this.bytes, at: this.#now() };
  }

  #take(source: Source, part: Part, task: Task): void {
    const { path } = task;
    this.bytes += part.bytes;
    for (const entry of prepare(this.#ledger.machine, source.name, part.observations, readerOf(source)))
      this.#entries.push(entry);
    for (const one of part.skipped) this.#skipped.push(one);
    if (part.isUnreadable) this.unreadable.push(path);
    if (!this.#marks.has(path) && task.isRestarted) this.#restarted.push(path);
    const mark = this.#marks.get(path) ?? task.mark;
    const isDone = part.isLast && !part.isUnreadable && !part.isAbandoned;
    const place =
      this.#pass === "usage"
        ? {
            usageOffset: part.reached ?? mark.usageOffset,
            usageMemory: part.memory,
            prefix: part.reached === null ? mark.prefix : part.prefix,
            mtime: isDone ? task.mark.mtime : UNFINISHED,
          }
        : { activityOffset: isDone ? task.to : (part.reached ?? mark.activityOffset), activityMemory: part.memory };
    this.#marks.set(path, { ...mark, ...place, ...this.#retryOf(part, mark) });
    this.#touched.add(path);
    this.#watch.progress?.(this.bytes, this.#total);
  }

  /** When the file is tried again. What sessions did is read last: until then a file may still be abandoned in the same scan. */
  #retryOf({ isLast, isAbandoned }: Part, { path, timeouts }: FileMark): Pick<FileMark, "timeouts" | "retryAt"> {
    if (!isAbandoned) return { timeouts: this.#pass === "activity" && isLast ? 0 : timeouts, retryAt: null };
    const retryAt = this.#now() + (PAUSES_MS[timeouts] ?? LONGEST_PAUSE_MS);
    this.abandoned.push({ path, retryAt });
    return { timeouts: timeouts + 1, retryAt };
  }

  #write(source: Source): void {
    if (this.#touched.size === 0) return;
    this.#ledger.add({
      source: source.name,
      entries: this.#entries,
      skipped: this.#skipped,
      restarted: this.#restarted,
      files: Array.from(this.#touched, (path) => this.#marks.get(path)).filter((mark) => mark !== undefined),
      origins: this.#origins.all,
    });
    this.#transaction.entries += this.#entries.length;
    this.#entries = [];
    this.#skipped = [];
    this.#restarted = [];
    this.#touched = new Set();
    this.#origins = new OriginsSeen();
  }
}
