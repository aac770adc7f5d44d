import { PawprintError } from "../utils/errors.ts";
import type { Identity } from "./identity.ts";
import type { Commit, PageServices } from "./services.ts";

/** Least time between two updates, milliseconds: at most four a second. */
const UPDATE_MS = 250;
/** Time without an update after which a comment is sent, so that neither side takes the connection for dead, milliseconds. */
const HEARTBEAT_MS = 4_000;
/** How long a page waits before it connects again, milliseconds. */
const RETRY_MS = 3_000;

/** Streams that may be open, in all and with one token: each counts as a request that is being answered. */
const [MAX_STREAMS, MAX_OF_TOKEN] = [400, 16];

type Committing = Pick<PageServices, "live" | "connections">;
/** Waits for some milliseconds. */
type Sleep = (ms: number) => Promise<unknown>;

/** What a stream of events is made from. */
export interface LiveOptions {
  readonly identity: Identity;
  /** The number of the last event that the page has seen; undefined for a new page. */
  readonly since: number | undefined;
  readonly sleep: Sleep;
}

/** Commits that are sent as one event, which is encoded once for all pages. */
class Update {
  /** The number of the first of the commits; `commit` has that of the last. */
  readonly first: number;
  readonly commit: Commit;
  #bytes: Uint8Array | null = null;

  constructor(first: number, commit: Commit) {
    this.first = first;
    this.commit = commit;
  }

  get bytes(): Uint8Array {
    const { seq } = this.commit;
    return (this.#bytes ??= bytes(`id: ${seq}\nevent: commit\ndata: ${JSON.stringify(this.commit)}\n\n`));
  }

  /** This one and a later one as one; only the later one if there is none before. */
  static join(a: Update | null, b: Update): Update {
    return a ? new Update(a.first, merged(a.commit, b.commit)) : b;
  }
}

/** What the open streams of a hub share: the commits of an interval are merged once, however many pages there are. */
class Updates {
  /** The tokens of the open streams. */
  readonly tokens: string[] = [];
  readonly #listeners = new Set<(update: Update) => void>();
  readonly #hub: Committing;
  #pending: Update | null = null;
  #isWaiting = false;
  #unsubscribe = (): void => undefined;

  constructor(hub: Committing) {
    this.#hub = hub;
  }

  /** The commits after a number as one; null if there are none. */
  after(seq: number): Update | null {
    let found: Update | null = null;
    this.#hub.live.subscribe((commit) => (found = Update.join(found, new Update(commit.seq, commit))), seq)();
    return found;
  }

  /** Calls back with each update until the result is called. */
  subscribe(listener: (update: Update) => void, sleep: Sleep): () => void {
    if (this.#listeners.size === 0) {
      this.#unsubscribe = this.#hub.live.subscribe((commit) => {
        this.#pending = Update.join(this.#pending, new Update(commit.seq, commit));
        if (!this.#isWaiting) void this.#send(sleep);
      });
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#unsubscribe();
    };
  }

  /** Sends what is there at once, and what comes meanwhile after an interval. */
  async #send(sleep: Sleep): Promise<void> {
    this.#isWaiting = true;
    for (let update = this.#pending; update; update = this.#pending) {
      this.#pending = null;
      for (const listener of this.#listeners) listener(update);
      await sleep(UPDATE_MS);
    }
    this.#isWaiting = false;
  }
}

/** By the connections of each hub. */
const shared = new WeakMap<object, Updates>();

/**
 * Commits as server-sent events, several within one interval as one. A slow reader gets fewer events, each with more in it. The stream ends
 * when its reader leaves, and when its token is revoked or expires.
 */
export function liveEvents(hub: Committing, { identity, since, sleep }: LiveOptions): ReadableStream<Uint8Array> {
  const updates = shared.getOrInsertComputed(hub.connections, () => new Updates(hub));
  const { tokens } = updates;
  const ofToken = tokens.filter((one) => one === identity.token).length;
  if (tokens.length >= MAX_STREAMS || ofToken >= MAX_OF_TOKEN)
    throw new PawprintError("too_many", "too many streams of events are open", "close one, or try again later");
  tokens.push(identity.token);
  const start = hub.live.newest;
  let pending = since === undefined ? null : updates.after(since);
  let isClosed = false;
  let wake = (): void => undefined;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    tokens.splice(tokens.indexOf(identity.token), 1);
    unsubscribe();
    hub.connections.remove(connection);
    wake();
  };
  const connection = { identity, fail: close };
  hub.connections.add(connection);
  const unsubscribe = updates.subscribe((update) => {
    // The first update may begin with commits from before the stream.
    const later = update.first > start ? update : updates.after(start);
    if (later) pending = Update.join(pending, later);
    wake();
  }, sleep);
  /** Resolves when there is something to send, or the stream is closed. */
  const news = (): Promise<void> =>
    pending || isClosed ? Promise.resolve() : new Promise((resolve) => void (wake = resolve));

  return new ReadableStream<Uint8Array>({
    start: (controller) =>
      controller.enqueue(bytes(`retry: ${RETRY_MS}\nevent: hello\ndata: ${JSON.stringify({ seq: start })}\n\n`)),
    // Called only while the reader has taken what was sent before, so what happens meanwhile is gathered.
    async pull(controller) {
      if (!pending) await Promise.race([news(), sleep(HEARTBEAT_MS)]);
      if (isClosed) return controller.close();
      controller.enqueue(pending?.bytes ?? bytes(":\n\n"));
      pending = null;
    },
    cancel: close,
  });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Two commits as one: the rows of each machine added, and the newest number and times. */
function merged(a: Commit, b: Commit): Commit {
  const machines = new Map(a.machines.map((one) => [one.machine, one]));
  for (const { machine, rows, upto, newest } of b.machines) {
    const known = machines.get(machine);
    machines.set(machine, {
      machine,
      rows: rows + (known?.rows ?? 0),
      upto,
      newest: Math.max(newest, known?.newest ?? 0),
    });
  }
  return { seq: b.seq, at: b.at, machines: [...machines.values()] };
}
