/** Pseudo-random numbers, the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns an integer from 0 to below the limit. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  /** Returns one of some values. Throws if there are none. */
  of<T>(some: readonly T[]): T {
    const one = some[this.below(some.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  }

  /** Returns the values in random order. */
  shuffled<T>(some: readonly T[]): T[] {
    return some
      .map((one) => ({ one, by: this.below(2 ** 32) }))
      .toSorted((a, b) => a.by - b.by)
      .map(({ one }) => one);
  }
}
