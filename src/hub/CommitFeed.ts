import type { Commit, Live } from "./services.ts";

/** Machines in the commits that a new subscriber can still have: one commit may have rows of thousands. */
const KEPT_MACHINES = 20_000;

type Listener = (commit: Commit) => void;

/** The commits of a hub, for subscribers. Their numbers also grow over restarts, since they begin at the time of the start. */
export class CommitFeed implements Live {
  readonly #listeners = new Set<Listener>();
  readonly #kept: Commit[] = [];
  /** Number of machines in the commits that are kept, each commit by itself. */
  #machines = 0;
  #newest: number;

  constructor(now: number) {
    this.#newest = now;
  }

  get newest(): number {
    return this.#newest;
  }

  get subscribers(): number {
    return this.#listeners.size;
  }

  /** Reports a commit to all subscribers, which must not throw. */
  publish(at: number, machines: Commit["machines"]): void {
    const commit = { seq: ++this.#newest, at, machines };
    this.#kept.push(commit);
    this.#machines += machines.length;
    while (this.#machines > KEPT_MACHINES) this.#machines -= this.#kept.shift()?.machines.length ?? 0;
    for (const listener of this.#listeners) listener(commit);
  }

  subscribe(listener: Listener, since = this.#newest): () => void {
    for (const commit of this.#kept) if (commit.seq > since) listener(commit);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
