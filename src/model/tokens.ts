/** Tokens of one response or of many, by the classes that are priced apart. All are counts, none overlaps another. */
export interface Tokens {
  /** Read by the model and neither taken from a cache nor put into one. */
  readonly input: number;
  readonly output: number;
  /** Put into a cache that lives five minutes. */
  readonly cacheWrite5m: number;
  /** Put into a cache that lives an hour. */
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

/** Names of the classes, in the order in which they are shown. */
export const tokenClasses = ["input", "output", "cacheWrite5m", "cacheWrite1h", "cacheRead"] as const;

/** Not one token. */
export const noTokens: Tokens = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

/** All classes together. */
export const totalOf = (tokens: Tokens): number =>
  tokens.input + tokens.output + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.cacheRead;

/** What the model had to read: the prompt by whose length long-context prices are chosen. */
export const promptOf = (tokens: Tokens): number => totalOf(tokens) - tokens.output;
