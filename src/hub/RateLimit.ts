/** Senders that are remembered at most. */
const MAX_SENDERS = 50_000;

/** How often one sender may do something: `burst` at once, and `perSecond` in the long run. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  /** `now` is epoch milliseconds. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  /** Whether the sender may do it now. */
  allows(now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + (Math.max(now - this.#at, 0) / 1_000) * this.#perSecond);
    this.#at = now;
    return this.#left >= 1;
  }

  /** Whether the sender may do it now; if so, it counts. */
  take(now: number): boolean {
    const isAllowed = this.allows(now);
    if (isAllowed) this.#left--;
    return isAllowed;
  }
}

/** An allowance for each sender. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #senders = new Map<string, Allowance>();

  /** `now` returns epoch milliseconds. */
  constructor(perSecond: number, burst: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** Whether a sender may do it now. */
  allows(sender: string): boolean {
    return this.#senders.get(sender)?.allows(this.#now()) ?? true;
  }

  /** Whether a sender may do it now; if so, it counts. */
  take(sender: string): boolean {
    const now = this.#now();
    if (this.#senders.size >= MAX_SENDERS && !this.#senders.has(sender)) this.#senders.clear();
    const make = (): Allowance => new Allowance(this.#perSecond, this.#burst, now);
    return this.#senders.getOrInsertComputed(sender, make).take(now);
  }
}
