import { placeOf } from "../../cli/report-command.ts";
import type { OpenedLedger } from "../../collector/open-ledger.ts";
import type { CommitFeed } from "../../hub/CommitFeed.ts";
import { outboxOf } from "../../ledger/sqlite/Outbox.ts";
import type { ReportPlace } from "../../reports/shared/run.ts";
import { messageOf, PawprintError } from "../../utils/errors.ts";
import { isProgramGone } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";

/** How long session activity may be read at a time, milliseconds: reports wait meanwhile. */
const ACTIVITY_MS = 250;

/**
 * This machine's ledger while pages show it: reads what is new and reports each commit, also those of other processes. While no page
 * listens, nothing is read until a report is asked for.
 */
export class OwnLedger {
  readonly #context: Context;
  readonly #opened: OpenedLedger;
  readonly #outbox: ReturnType<typeof outboxOf>;
  #isFirstScan = true;
  /** When the files were last read, epoch milliseconds. */
  #readAt = 0;
  /** Number of the newest row that was reported. */
  #head: number;
  /** The failure that was warned of last. */
  #warned = "";
  /** Ends when what uses the ledger now is done. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(context: Context, opened: OpenedLedger) {
    this.#context = context;
    this.#opened = opened;
    this.#outbox = outboxOf(opened.ledger);
    this.#head = this.#outbox.head();
  }

  /** What reports run on, once what is new has been read. Throws what the ledger throws. */
  async place(): Promise<ReportPlace> {
    await this.#alone(() => this.#read());
    return placeOf(this.#context, this.#opened);
  }

  /** Reads what is new until the signal, once another process has read what there is, and reports all of it to the feed. */
  async follow(feed: CommitFeed, firstScan: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.#context;
    const first = firstScan.finally(() => void (this.#isFirstScan = false));
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    while (!signal.aborted && !isProgramGone()) {
      if (feed.subscribers > 0) {
        await this.#alone(() => this.#read(signal)).catch((error: unknown) => this.#warn(error));
        this.#report(feed);
      }
      await Promise.race([clock.sleep(settings.syncInterval), stopped]);
    }
    await first;
  }

  /** A failure, such as a full disk, does not end the page; the next reading tries again. */
  #warn(error: unknown): void {
    const message = messageOf(error);
    if (message !== this.#warned) this.#context.warn(`pawprint: what is new cannot be read: ${clean(message, 500)}`);
    this.#warned = message;
  }

  #isDue(): boolean {
    const { clock, settings } = this.#context;
    // After a clock that was set back too.
    return !this.#isFirstScan && Math.abs(clock.now() - this.#readAt) >= settings.syncInterval / 2;
  }

  async #read(signal?: AbortSignal): Promise<void> {
    if (!this.#isDue()) return;
    const { collector } = this.#opened;
    try {
      await collector.scan("usage", signal && { signal });
      await collector.scan("activity", { signal: AbortSignal.timeout(ACTIVITY_MS) });
      this.#readAt = this.#context.clock.now();
    } catch (error) {
      // Another process writes to the ledger for long, such as rebuild.
      if (!(error instanceof PawprintError && error.code === "busy")) throw error;
    }
  }

  #report(feed: CommitFeed): void {
    const head = this.#outbox.head();
    if (head === this.#head) return;
    const rows = Math.max(head - this.#head, 0);
    this.#head = head;
    const now = this.#context.clock.now();
    feed.publish(now, [{ machine: this.#opened.ledger.machine, rows, upto: head, newest: now }]);
  }

  /** Runs what uses the collector when nothing else does. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
