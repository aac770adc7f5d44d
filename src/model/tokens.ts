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

/** Zero tokens. */
export const noTokens: Tokens = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

/** The sum of all classes. */
export const totalOf = (tokens: Tokens): number =>
  tokens.input + tokens.output + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.cacheRead;

/** Length of the prompt, which determines whether long-context prices apply. */
export const promptOf = (tokens: Tokens): number => totalOf(tokens) - tokens.output;
