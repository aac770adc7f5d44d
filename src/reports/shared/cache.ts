import type { ResponseRow, UsageRow } from "../../ledger/rows.ts";
import { CostKind, microsOf } from "../../model/price.ts";
import { cacheWriteOf, noTokens, promptOf, type Tokens, TokenSum } from "../../model/tokens.ts";
import type { Costs, Priceable } from "../../pricing/costs.ts";

/** Lifetimes of a cache after its last use, milliseconds. */
const SHORT_MS = 300_000;
const LONG_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Cache use of the tokens of some responses. Money is in pico-dollars. */
export class CacheUse extends TokenSum {
  /** Savings of cache reads, compared with the same tokens as input. */
  saved = 0n;
  /** Cost of cache writes. */
  writes = 0n;
  /** Extra cost of cache writes, compared with the same tokens as input. */
  extra = 0n;
  /** Tokens of models without a price; the amounts leave them out. */
  unpriced = 0;
  /**
   * Estimates, see expiriesOf: tokens written again, their extra cost compared with reading them, and how often it
   * happened.
   */
  rewritten = 0;
  lost = 0n;
  expiries = 0;

  /** Percent of prompt tokens read from the cache; null without prompts. */
  get hitPercent(): number | null {
    const prompt = promptOf(this);
    return prompt === 0 ? null : (this.cacheRead / prompt) * 100;
  }

  /** One of the amounts in micro-dollars; null where nothing has a price. */
  moneyOf(pico: bigint): number | null {
    return this.unpriced > 0 && this.unpriced === this.cacheRead + cacheWriteOf(this) ? null : microsOf(pico);
  }

  /** Adds the tokens and amounts of a row. */
  add(row: UsageRow, costs: Costs): void {
    const atMs = row.day * DAY_MS;
    const { cacheRead, cacheWrite5m, cacheWrite1h } = row;
    const written = cacheWriteOf(row);
    this.addTokens(row);
    const writes = priced(costs, row, { cacheWrite5m, cacheWrite1h }, atMs);
    const asInput = priced(costs, row, { input: cacheRead + written }, atMs);
    const read = priced(costs, row, { cacheRead }, atMs);
    if (writes === null || asInput === null || read === null) {
      this.unpriced += cacheRead + written;
      return;
    }
    const writesAsInput = priced(costs, row, { input: written }, atMs) ?? 0n;
    this.writes += writes;
    this.extra += writes - writesAsInput;
    this.saved += asInput - writesAsInput - read;
  }

  /** Adds another's numbers. */
  merge(other: CacheUse): void {
    this.addTokens(other);
    this.saved += other.saved;
    this.writes += other.writes;
    this.extra += other.extra;
    this.unpriced += other.unpriced;
    this.rewritten += other.rewritten;
    this.lost += other.lost;
    this.expiries += other.expiries;
  }
}

/**
 * One rewrite of expired cache content: its tokens, and its extra cost in pico-dollars compared with reading them (null
 * without a price).
 */
export interface Expiry {
  readonly at: number;
  readonly model: string;
  readonly tokens: number;
  readonly lost: bigint | null;
}

/**
 * Estimates what one thread of a session wrote again because its cache had expired. A write counts where the pause since the
 * thread's last response of that model was longer than the lifetime of the cache last written (5 minutes or 1 hour), up to
 * the tokens that the previous prompt had cached and this one did not read. Text changed by a compaction or an edit is
 * taken for the same text; a pause in which a subagent of that model worked is not detected.
 */
export function expiriesOf(responses: Iterable<ResponseRow>, costs: Costs): Expiry[] {
  const known = new Map<string, { at: number; cached: number; lifetimeMs: number }>();
  const found: Expiry[] = [];
  for (const row of responses) {
    const { at, model, cacheRead, cacheWrite5m, cacheWrite1h } = row;
    const written = cacheWriteOf(row);
    const previous = known.get(model);
    if (previous && at - previous.at > previous.lifetimeMs) {
      const tokens = Math.min(written, Math.max(previous.cached - cacheRead, 0));
      if (tokens > 0) found.push({ at, model, tokens, lost: lossOf(row, tokens, costs) });
    }
    // A response that neither reads nor writes the cache does not extend its lifetime.
    if (cacheRead + written === 0) continue;
    const lifetimeMs = cacheWrite1h > 0 ? LONG_MS : cacheWrite5m > 0 ? SHORT_MS : (previous?.lifetimeMs ?? SHORT_MS);
    known.set(model, { at, cached: cacheRead + written, lifetimeMs });
  }
  return found;
}

/** The cost of writing some tokens minus the cost of reading them, in pico-dollars; null without a price. */
function lossOf(row: ResponseRow, tokens: number, costs: Costs): bigint | null {
  const long = Math.min(row.cacheWrite1h, tokens);
  const write = priced(costs, row, { cacheWrite1h: long, cacheWrite5m: tokens - long }, row.at);
  const read = priced(costs, row, { cacheRead: tokens }, row.at);
  return write === null || read === null ? null : write - read;
}

/** The cost of some tokens at the prices of a row, in pico-dollars; null without a price. */
function priced(costs: Costs, row: Priceable, tokens: Partial<Tokens>, atMs: number): bigint | null {
  return costs.of({ ...row, ...noTokens, ...tokens, searches: 0, costKind: CostKind.none }, atMs);
}
