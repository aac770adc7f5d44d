/** Tokens of one response or of several, by class of price. All are counts; the classes do not overlap. */
export interface Tokens {
  /** Neither read from a cache nor written to one. */
  readonly input: number;
  readonly output: number;
  /** Written to a cache with a lifetime of five minutes. */
  readonly cacheWrite5m: number;
  /** Written to a cache with a lifetime of one hour. */
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

/** Names of the classes in display order. */
export const tokenClasses = ["input", "output", "cacheWrite5m", "cacheWrite1h", "cacheRead"] as const;

/** A value for each class, such as a count or a price, computed from its name. */
export const byTokenClass = <T>(valueOf: (name: keyof Tokens) => T): Record<keyof Tokens, T> => ({
  input: valueOf("input"),
  output: valueOf("output"),
  cacheWrite5m: valueOf("cacheWrite5m"),
  cacheWrite1h: valueOf("cacheWrite1h"),
  cacheRead: valueOf("cacheRead"),
});

/** Zero tokens. */
export const noTokens: Tokens = byTokenClass(() => 0);

/** Two counts added by class. */
export const addTokens = (a: Tokens, b: Tokens): Tokens => byTokenClass((name) => a[name] + b[name]);

/** The sum of all classes. */
export const totalOf = (tokens: Tokens): number =>
  tokens.input + tokens.output + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.cacheRead;

/** Tokens written to a cache of either lifetime. */
export const cacheWriteOf = (tokens: Tokens): number => tokens.cacheWrite5m + tokens.cacheWrite1h;

/** Length of the prompt, which determines whether long-context prices apply. */
export const promptOf = (tokens: Tokens): number => totalOf(tokens) - tokens.output;

/** A sum of tokens over many rows. */
export class TokenSum implements Tokens {
  input = 0;
  output = 0;
  cacheWrite5m = 0;
  cacheWrite1h = 0;
  cacheRead = 0;

  addTokens(tokens: Tokens): void {
    // Written out, as in costOf: a loop over the names takes twice the time, and this runs for every row of a report.
    this.input += tokens.input;
    this.output += tokens.output;
    this.cacheWrite5m += tokens.cacheWrite5m;
    this.cacheWrite1h += tokens.cacheWrite1h;
    this.cacheRead += tokens.cacheRead;
  }
}
