import { type AnyFrame, type Frame, WIRE_VERSION, wireLimits } from "../model/wire.ts";
import { type FailureCode, PawprintError } from "../utils/errors.ts";
import type { ClientOptions, ClientState, ClientStatus } from "./client-status.ts";
import { FrameSizes } from "./FrameSizes.ts";
import type { Outgoing } from "./outgoing.ts";
import { stopError } from "./stop-error.ts";
import type { Link, OpenLink } from "./link.ts";

/** Milliseconds. */
const WELCOME_MS = 20_000;
const ACK_MS = 60_000;
const BEAT_MS = 60_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** A hub cannot send a machine away for longer; nor for less than FIRST_DELAY_MS, which would be an endless loop. */
const LONGEST_RETRY_MS = 3_600_000;

/** Failures that no further attempt changes. */
const FINAL: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "unauthorized",
  "forbidden",
  "wrong_version",
  "machine_known",
]);

/** A frame that is not acknowledged yet. */
interface SentFrame {
  readonly upto: number;
  readonly rows: number;
  readonly at: number;
}

/**
 * A machine's side of the protocol: sends the rows of its journal to a hub until all are acknowledged. It has no timers and
 * no sockets. Who runs it calls `tick` at `wakeAt`, and whenever there may be new rows, and `connect` when `wantsLink` is true.
 */
export class SyncClient {
  readonly #outgoing: Outgoing;
  readonly #options: ClientOptions;
  #state: ClientState = "away";
  #link: Link | null = null;
  /** The number of the current link. */
  #number = 0;
  /** When what it waits for is overdue: the next attempt, an answer, or the next sign of life. */
  #wakeAt: number;
  #greetedAt = 0;
  #readyAt = 0;
  #attempts = 0;
  #retryAfter: number | null = null;
  #window = 1;
  readonly #sizes = new FrameSizes();
  /** The number up to which rows have been sent over this link, and up to which they were acknowledged. */
  #sentUpto: number;
  #ackedUpto: number;
  #isBeatSent = false;
  readonly #inFlight: SentFrame[] = [];
  readonly #counts = { sent: 0, acknowledged: 0 };
  #lastContact: number | null = null;
  #clockSkewMs: number | null = null;
  #problem: PawprintError | null = null;
  #warning: string | null = null;

  constructor(outgoing: Outgoing, options: ClientOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
    this.#wakeAt = options.now();
    this.#sentUpto = this.#ackedUpto = outgoing.acked;
  }

  /** Whether a link is to be opened now. */
  get wantsLink(): boolean {
    return this.#state === "away" && this.#options.now() >= this.#wakeAt;
  }

  /** When `tick` is to be called next, epoch milliseconds; Infinity if never. */
  get wakeAt(): number {
    return this.#state === "ended" ? Infinity : this.#wakeAt;
  }

  /** Whether the hub has acknowledged all rows that there are. */
  get isDone(): boolean {
    return this.#state === "ready" && this.#inFlight.length === 0 && this.#outgoing.head() <= this.#ackedUpto;
  }

  get status(): ClientStatus {
    return {
      ...this.#counts,
      state: this.#state,
      lastContact: this.#lastContact,
      clockSkewMs: this.#clockSkewMs,
      problem: this.#problem,
      warning: this.#warning,
      attempts: this.#attempts,
    };
  }

  /** Opens a link. What an earlier one still reports is ignored. */
  connect(open: OpenLink): void {
    const number = ++this.#number;
    const isCurrent = (): boolean => number === this.#number && this.#state !== "ended";
    this.#state = "opening";
    this.#wakeAt = this.#options.now() + WELCOME_MS;
    open({
      opened: (link) => (isCurrent() ? this.#opened(link) : link.close()),
      receive: (frame) => (isCurrent() ? this.#receive(frame) : undefined),
      closed: (reason) => (isCurrent() ? this.#lost(reason) : undefined),
    });
  }

  #opened(link: Link): void {
    const now = this.#options.now();
    this.#link = link;
    this.#greetedAt = now;
    this.#wakeAt = now + WELCOME_MS;
    link.send({ type: "hello", v: WIRE_VERSION, now, ...this.#outgoing.hello() });
  }

  #receive(frame: AnyFrame): void {
    if (this.#link === null) return;
    this.#lastContact = this.#options.now();
    // A newer hub may say more than this program knows.
    if (frame.type === "welcome") this.#welcome(frame);
    else if (frame.type === "ack") this.#acknowledge(frame);
    else if (frame.type === "stop") this.#stopped(frame);
    else if (frame.type === "beat") {
      this.#isBeatSent = false;
      this.#schedule();
    }
  }

  /** Does what is due: sends new rows and signs of life, and closes a link on which an answer is overdue. */
  tick(): void {
    if (this.#link === null) {
      // A link that does not open.
      if (this.#state === "opening" && this.#isOverdue) this.#lost(away("it did not answer"));
      return;
    }
    if (this.#state === "ready") {
      this.#fill();
      if (!this.#isOverdue) return;
      if (this.#inFlight.length === 0 && !this.#isBeatSent) return this.beat();
    }
    if (this.#isOverdue) this.#drop(away("it did not answer in time"));
  }

  /** Whether the hub has answered all signs of life. */
  get isHeard(): boolean {
    return this.#state !== "ready" || !this.#isBeatSent;
  }

  /** Rows that were not acknowledged yet, as far as this client knows. */
  get pending(): number {
    return this.#outgoing.pending(this.#ackedUpto);
  }

  /** Closes the link to open another one at once: what leaves has changed, and all rows are sent in their new form. */
  restart(): void {
    if (this.#state === "ended") return;
    this.#link?.close();
    this.#lost(null);
    this.#attempts = 0;
    this.#wakeAt = this.#options.now();
  }

  /** Ends the client and its link. */
  end(): void {
    this.#state = "ended";
    this.#link?.close();
    this.#link = null;
  }

  get #isOverdue(): boolean {
    return this.#options.now() >= this.#wakeAt;
  }

  #welcome(welcome: Frame<"welcome">): void {
    if (this.#state !== "opening") return;
    const now = this.#options.now();
    // The hub read its clock some time between these two.
    this.#clockSkewMs = Math.round((this.#greetedAt + now) / 2 - welcome.now);
    this.#window = Math.max(1, Math.min(welcome.window, wireLimits.window));
    this.#sizes.agree(welcome);
    this.#warning = welcome.warning ?? null;
    this.#sentUpto = this.#ackedUpto = this.#outgoing.welcomed(welcome);
    this.#state = "ready";
    this.#readyAt = now;
    this.#problem = null;
    this.#isBeatSent = false;
    this.#fill();
    this.#schedule();
  }

  /** Each frame is acknowledged once, in the order in which they were sent. */
  #acknowledge({ upto, refused = [], late = 0 }: Frame<"ack">): void {
    const first = this.#inFlight[0];
    if (this.#state !== "ready" || !first || upto < first.upto) return;
    this.#inFlight.shift();
    // Rows that were sent again: the hub says how far it has them, which may be further.
    this.#ackedUpto = first.upto;
    this.#counts.acknowledged += first.rows;
    this.#attempts = 0;
    this.#retryAfter = null;
    this.#sizes.acknowledged();
    this.#outgoing.acknowledged(this.#ackedUpto, refused, late);
    this.#fill();
    this.#schedule();
  }

  /** Sends frames until the window is full or there are no more rows. */
  #fill(): void {
    const now = this.#options.now();
    let isSent = false;
    while (this.#link !== null && this.#inFlight.length < this.#window) {
      const frame = this.#outgoing.next(this.#sentUpto, this.#sizes.current);
      if (frame === null) break;
      const count = frame.groups.reduce((sum, group) => sum + group.rows.length, 0);
      this.#inFlight.push({ upto: frame.upto, rows: count, at: now });
      this.#sentUpto = frame.upto;
      this.#counts.sent += count;
      isSent = true;
      this.#link.send(frame);
    }
    if (isSent) this.#schedule();
  }

  /** Gives a sign of life, with the number of pending rows. */
  beat(): void {
    if (this.#state !== "ready") return;
    const now = this.#options.now();
    this.#isBeatSent = true;
    this.#wakeAt = now + WELCOME_MS;
    const acked = this.#ackedUpto;
    const sent = { ...this.#outgoing.sentAs, acked };
    this.#link?.send({ type: "beat", pending: this.#outgoing.pending(acked), now, sent });
  }

  #schedule(): void {
    const first = this.#inFlight[0];
    this.#wakeAt = first ? first.at + ACK_MS : this.#options.now() + BEAT_MS;
  }

  #stopped(stop: Frame<"stop">): void {
    const problem = stopError(stop);
    const { retryAfter } = stop;
    if (retryAfter === undefined) {
      this.#problem = problem;
      this.end();
      return;
    }
    this.#retryAfter = Math.min(Math.max(retryAfter, FIRST_DELAY_MS), LONGEST_RETRY_MS);
    this.#drop(problem);
  }

  /** Closes the link. What it reports of that afterwards is of no interest. */
  #drop(problem: PawprintError): void {
    const link = this.#link;
    this.#lost(problem);
    link?.close();
  }

  #lost(problem: PawprintError | null): void {
    if (this.#state === "away" || this.#state === "ended") return;
    if (problem !== null && FINAL.has(problem.code)) {
      this.#problem = problem;
      this.end();
      return;
    }
    // A link that worked for long is no failed attempt, although a proxy may end it.
    if (this.#state === "ready" && this.#options.now() - this.#readyAt >= LONGEST_DELAY_MS) this.#attempts = 0;
    this.#link = null;
    this.#state = "away";
    this.#problem = problem ?? this.#problem;
    if (this.#inFlight.length > 0) this.#sizes.cut();
    this.#inFlight.length = 0;
    // Machines that a busy hub sent away do not all come back at the moment that it named.
    this.#wakeAt = this.#options.now() + Math.max(this.#retryAfter ?? 0, this.#delay());
    this.#retryAfter = null;
    this.#attempts++;
  }

  /** The back-off: twice as long after each failure, of which a random half is left out, so that machines do not come at once. */
  #delay(): number {
    const longest = Math.min(FIRST_DELAY_MS * 2 ** (this.#attempts + 1), LONGEST_DELAY_MS);
    return longest / 2 + (longest / 2) * this.#options.random();
  }
}

const away = (why: string): PawprintError =>
  new PawprintError(
    "hub_away",
    `the hub cannot be reached: ${why}`,
    "pawprint sync tries again later; nothing is lost",
  );
