const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Elements of source code and prose: quotes, escapes, tabs, line ends, multi-byte letters. */
const WORDS = [
  ..."const return function await import export class interface readonly string number if else for of while new".split(
    " ",
  ),
  ..."=> === !== && || ?? ( ) { } [ ] ; , : . + - * / < >".split(" "),
  '"use strict"',
  "'a'",
  "`${value}`",
  '\\"',
  "\\n",
  "// note — é",
  "/** 日本 */",
  "\t",
  "\n\t",
  "\n",
  "\n\n",
  "}\n",
  ..."the usage of input_tokens and output_tokens in a message is counted once per response and not per line".split(
    " ",
  ),
];
/** Characters of the pool that texts are cut from. */
const POOL = 4_000_000;

/** A random number generator that gives the same values for the same seed on every machine. */
export class Sequence {
  #a: number;
  #b = 0x9e3779b9 | 0;
  #c = 0x243f6a88 | 0;
  #d = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    for (let warm = 0; warm < 20; warm++) this.share();
  }

  /** A number from 0 to below 1 (sfc32). */
  share(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  chance(share: number): boolean {
    return this.share() < share;
  }

  /** An integer between two, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.share() * (to - from + 1));
  }

  /** An integer between two; small ones are much more frequent. */
  small(from: number, to: number): number {
    return Math.floor(from * (to / from) ** this.share());
  }

  /** A number with mean 0 and standard deviation 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.share() + 1e-12)) * Math.cos(2 * Math.PI * this.share());
  }

  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    return items[Math.floor(this.share() * items.length)] as T;
  }

  /** Picks an item with a probability proportional to its weight. */
  weighed<T>(items: readonly (readonly [item: T, weight: number])[]): T {
    let left = this.share() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) if ((left -= weight) < 0) return item;
    return items.at(-1)?.[0] as T;
  }
}

/** A sequence that also gives texts. */
export class Random extends Sequence {
  readonly #pool: string;

  constructor(seed: number) {
    super(seed);
    let pool = "";
    while (pool.length < POOL) pool += `${this.pick(WORDS)} `;
    // A flat string, so that cutting substrings from it costs nothing.
    this.#pool = Buffer.from(pool.slice(0, POOL), "utf16le").toString("utf16le");
  }

  letters(length: number): string {
    let letters = "";
    while (letters.length < length) letters += ALPHABET[Math.floor(this.share() * 62)];
    return letters;
  }

  hex(length: number): string {
    let digits = "";
    while (digits.length < length) digits += Math.floor(this.share() * 16).toString(16);
    return digits;
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${this.pick(["8", "9", "a", "b"])}${this.hex(3)}-${this.hex(12)}`;
  }

  /** Source code and prose of the given number of characters. */
  text(length: number): string {
    const at = Math.floor(this.share() * Math.max(1, this.#pool.length - length));
    return this.#pool.slice(at, at + length);
  }
}
