import type { OffsetInterval } from "../../model/calendar.ts";
import { environment } from "../../utils/config.ts";
import { isFailureCode, PawprintError } from "../../utils/errors.ts";
import { ISOLATED } from "../../utils/paths.ts";
import type { Identity } from "../identity.ts";
import type { RouteAnswer } from "../routes/contract.ts";
import type { ReaderPlaces, ReaderReply, ReaderRequest } from "./messages.ts";

/** What a reading process may use before it is ended. */
export interface ReaderLimits {
  /** Milliseconds for one answer, the start of the process included. */
  readonly answerMs: number;
  /** Milliseconds after the last answer. */
  readonly idleMs: number;
  /** Bytes of one answer. */
  readonly answerBytes: number;
  /** Requests that wait while another one is answered. */
  readonly waiting: number;
}

const DEFAULT_LIMITS: ReaderLimits = { answerMs: 10_000, idleMs: 60_000, answerBytes: 64 * 1_048_576, waiting: 64 };

/** How the reading process is started. */
export interface HubReaderOptions extends ReaderPlaces {
  readonly entryFile: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Keeps sums of the local days of some intervals in the ledger, so that the next report is faster. */
  keepDays?(intervals: readonly OffsetInterval[]): void;
  readonly limits?: Partial<ReaderLimits>;
}

/** A request that is answered, or waits for that. */
interface Pending {
  readonly request: ReaderRequest;
  readonly resolve: (answer: RouteAnswer) => void;
  readonly reject: (error: unknown) => void;
}

type Child = Bun.Subprocess<"pipe", "pipe", "ignore">;

const NEWLINE = 10;

/**
 * Answers the routes that only read, in a process with a read-only connection to the hub's file: a query of SQLite cannot be
 * interrupted, and would hold up everything else. The process starts with the first request, answers one after the other, is
 * ended when an answer takes too long or nobody asks any more, and is then started anew.
 */
export class Reader implements Disposable {
  readonly #options: HubReaderOptions;
  readonly #limits: ReaderLimits;
  readonly #queue: Pending[] = [];
  #child: Child | null = null;
  #timer: Timer | undefined;
  #count = 0;
  #isClosed = false;

  constructor(options: HubReaderOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  /**
   * The answer of a route's `read`. Throws what that throws; too_many if too many requests wait, busy if the answer takes too
   * long, too_large if it is too long, and unhealthy if the process cannot be started or ends by itself.
   */
  ask(route: string, params: unknown, identity: Identity): Promise<RouteAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RouteAnswer>();
    if (this.#isClosed) reject(new PawprintError("unhealthy", "the hub is closing", "try again"));
    else if (this.#queue.length > this.#limits.waiting)
      reject(new PawprintError("too_many", "too many reports are being made at once", "try again in a few seconds"));
    else {
      const request = { id: this.#count++, route, params, identity, now: this.#options.now() };
      this.#queue.push({ request, resolve, reject });
      if (this.#queue.length === 1) this.#askFirst();
    }
    return promise;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#end();
    for (const { reject } of this.#queue.splice(0))
      reject(new PawprintError("unhealthy", "the hub is closing", "try again"));
  }

  /** Sends the first request of the queue; the next one is sent when that is answered. */
  #askFirst(): void {
    clearTimeout(this.#timer);
    const [first] = this.#queue;
    if (!first) {
      this.#timer = setTimeout(() => this.#end(), this.#limits.idleMs);
      // An idle reader does not keep the hub alive.
      this.#timer.unref();
      return;
    }
    const { answerMs } = this.#limits;
    this.#timer = setTimeout(() => {
      const message = `the report took longer than ${answerMs / 1_000} s`;
      this.#fail(new PawprintError("busy", message, "ask for fewer days, for example with --last 30d"));
    }, answerMs);
    try {
      const child = (this.#child ??= this.#start());
      void child.stdin.write(`${JSON.stringify(first.request)}\n`);
      void child.stdin.flush();
    } catch (error) {
      this.#fail(gone(error));
    }
  }

  #start(): Child {
    const { entryFile, store, pets } = this.#options;
    const command = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, ...ISOLATED, entryFile];
    // It needs nothing else of the hub's environment; Windows starts no program without SystemRoot.
    const { TMPDIR, SystemRoot } = environment();
    const child = Bun.spawn([...command, "hub-reader"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...(TMPDIR !== undefined && { TMPDIR }), ...(SystemRoot !== undefined && { SystemRoot }) },
    });
    void child.stdin.write(`${JSON.stringify({ store, pets } satisfies ReaderPlaces)}\n`);
    void this.#receive(child).catch((error: unknown) => (this.#child === child ? this.#fail(gone(error)) : undefined));
    return child;
  }

  async #receive(child: Child): Promise<void> {
    const decoder = new TextDecoder();
    let held: Uint8Array[] = [];
    let length = 0;
    for await (const bytes of child.stdout) {
      held.push(bytes);
      length += bytes.length;
      if (this.#isTooLong(child, length)) return;
      // It is asked one thing at a time, so nothing follows the end of an answer.
      if (bytes.at(-1) !== NEWLINE) continue;
      const line = decoder.decode(Buffer.concat(held));
      [held, length] = [[], 0];
      if (this.#child === child) this.#settle(JSON.parse(line) as ReaderReply);
    }
    if (this.#child === child) this.#fail(gone());
  }

  /** Whether an answer is longer than allowed; the process is then ended. */
  #isTooLong(child: Child, length: number): boolean {
    const { answerBytes } = this.#limits;
    if (length <= answerBytes) return false;
    const error = new PawprintError("too_large", `the report has more than ${answerBytes} bytes`, "ask for fewer days");
    if (this.#child === child) this.#fail(error);
    return true;
  }

  /** Settles the first request with the reply to it, and sends the next one. */
  #settle(reply: ReaderReply): void {
    const [first] = this.#queue;
    if (first?.request.id !== reply.id) return;
    this.#queue.shift();
    if ("answer" in reply) {
      first.resolve(reply.answer);
      if (reply.days.length > 0) this.#options.keepDays?.(reply.days);
    } else {
      const { code, message, hint } = reply.error;
      first.reject(new PawprintError(isFailureCode(code) ? code : "internal", message, hint));
    }
    this.#askFirst();
  }

  /** Ends the process, fails the first request, and goes on with the next one in another process. */
  #fail(error: PawprintError): void {
    this.#end();
    this.#queue.shift()?.reject(error);
    if (this.#queue.length > 0) this.#askFirst();
  }

  #end(): void {
    clearTimeout(this.#timer);
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
  }
}

const gone = (cause?: unknown): PawprintError =>
  new PawprintError("unhealthy", "the process that makes reports has ended", "try again", cause);
