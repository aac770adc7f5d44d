import type { FileMark, SkippedLine } from "../ledger/sqlite/Files.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { type PreparedEntry, prepare } from "../ledger/fold/prepare.ts";
import { OriginsBuilder } from "../ledger/fold/origins.ts";
import { type Phase, readerVersionOf, type Source } from "../sources/contract.ts";
import type { TaskPart } from "./database-client.ts";
import type { Task } from "./readers/contract.ts";
import { UNFINISHED } from "./readers/lines.ts";
import type { FilePart } from "./reading.ts";

/** Progress, cancellation and scope of a scan. */
export interface ScanOptions {
  /** Called repeatedly with the bytes read and the bytes to read in this phase. */
  readonly progress?: (read: number, total: number) => void;
  /** Stops the scan after the current piece; what was read is kept, and the next scan continues there. */
  readonly signal?: AbortSignal;
  /**
   * "only" reads only databases of other programs, which may take long; "none" reads everything else; if missing,
   * everything is read.
   */
  readonly databases?: "only" | "none";
}

/** A file whose reading was stopped. */
export interface AbandonedFile {
  readonly path: string;
  /** When it is tried again, epoch milliseconds. */
  readonly retryAt: number;
}

/**
 * Entries that are passed to the ledger together; more before a transaction begins, so that others can write in
 * between.
 */
const BATCH = { first: 4_000, next: 1_000 };
/**
 * A transaction ends after this many entries, bytes or milliseconds, which bounds the work lost on a kill and how long
 * other writers wait. Keys arrive in random order, so each transaction writes nearly every page again: at half a second
 * the usage phase took 3 % longer and the activity phase 5 %.
 */
const TRANSACTION = { entries: 50_000, bytes: 1_024 * 1_048_576, ms: 1_000 };
/** Bytes after which the event loop may run. */
const YIELD_BYTES = 8 * 1_048_576;

const MINUTE_MS = 60_000;
/** How long a file is not read after its reading was stopped once, twice and so on, milliseconds. */
const PAUSES_MS = [1, 5, 30, 120, 360].map((minutes) => minutes * MINUTE_MS);
/** The longest time for which a file is not read, milliseconds. */
export const LONGEST_PAUSE_MS = Math.max(...PAUSES_MS);

/** Collects what one phase reads and writes it to the ledger in batches. */
export class Batches {
  bytes = 0;
  readonly unreadable: string[];
  readonly abandoned: AbandonedFile[] = [];
  readonly #ledger: Ledger;
  readonly #phase: Phase;
  readonly #total: number;
  readonly #options: ScanOptions;
  readonly #now: () => number;
  /** Marks of the files being read, as far as they were read. */
  readonly #marks = new Map<string, FileMark>();
  #entries: PreparedEntry[] = [];
  #skipped: SkippedLine[] = [];
  #restarted: string[] = [];
  #touched = new Set<string>();
  #origins = new OriginsBuilder();
  /** Entries in the open transaction; bytes read and time when it began. */
  #transaction: { entries: number; bytes: number; at: number };

  constructor(
    ledger: Ledger,
    phase: Phase,
    total: number,
    unreadable: string[],
    options: ScanOptions,
    now: () => number,
  ) {
    this.#ledger = ledger;
    this.#phase = phase;
    this.#total = total;
    this.unreadable = unreadable;
    this.#options = options;
    this.#now = now;
    this.#transaction = { entries: 0, bytes: 0, at: now() };
  }

  /** Writes the parts of some tasks; with `isSlow` each part is written at once, because the next one may take long. */
  async read(
    source: Source,
    tasks: readonly Task[],
    parts: AsyncIterable<TaskPart>,
    accountOf: (path: string) => string,
    isSlow: boolean,
  ): Promise<void> {
    // Something is read in every scan, so that each makes progress.
    const isStopped = this.#options.signal?.aborted === true && this.#marks.size > 0;
    if (tasks.length === 0 || isStopped) return;
    let lastYieldBytes = this.bytes;
    try {
      for await (const { task, part } of parts) {
        this.#addPart(source, part, task);
        const account = accountOf(task.path);
        for (const { kind, body } of part.observations) this.#origins.add(kind, body, account, readerVersionOf(source));
        const isLong = isSlow || this.#isLong();
        const batch = this.#transaction.entries === 0 ? BATCH.first : BATCH.next;
        if (isLong || this.#entries.length + this.#skipped.length >= batch) this.#write(source);
        if (isLong) this.#commit();
        if (!isSlow && this.bytes - lastYieldBytes < YIELD_BYTES) continue;
        // Lets signals, timers and keys through during a long scan.
        lastYieldBytes = this.bytes;
        await Bun.sleep(0);
        if (this.#options.signal?.aborted) break;
      }
      this.#write(source);
    } finally {
      this.#commit();
    }
  }

  /** Whether the open transaction has reached a limit. */
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

  #addPart(source: Source, part: FilePart, task: Task): void {
    const { path } = task;
    this.bytes += part.bytes;
    for (const entry of prepare(this.#ledger.machine, source.name, part.observations, readerVersionOf(source)))
      this.#entries.push(entry);
    for (const one of part.skipped) this.#skipped.push(one);
    if (part.isUnreadable) this.unreadable.push(path);
    if (!this.#marks.has(path) && task.isRestarted) this.#restarted.push(path);
    const mark = this.#marks.get(path) ?? task.mark;
    const isDone = part.isLast && !part.isUnreadable && !part.isAbandoned;
    const place =
      this.#phase === "usage"
        ? {
            usageOffset: part.reached ?? mark.usageOffset,
            usageMemory: part.memory,
            prefix: part.reached === null ? mark.prefix : part.prefix,
            mtime: isDone ? task.mark.mtime : UNFINISHED,
          }
        : { activityOffset: isDone ? task.to : (part.reached ?? mark.activityOffset), activityMemory: part.memory };
    this.#marks.set(path, { ...mark, ...place, ...this.#retryOf(part, mark) });
    this.#touched.add(path);
    this.#options.progress?.(this.bytes, this.#total);
  }

  /**
   * When the file is tried again. The activity phase runs last, so until its end a file may still be abandoned in the
   * same scan.
   */
  #retryOf({ isLast, isAbandoned }: FilePart, { path, timeouts }: FileMark): Pick<FileMark, "timeouts" | "retryAt"> {
    if (!isAbandoned) return { timeouts: this.#phase === "activity" && isLast ? 0 : timeouts, retryAt: null };
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
    this.#origins = new OriginsBuilder();
  }
}
