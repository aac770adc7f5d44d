import type { ResponseRow, UsageRow } from "../../ledger/rows.ts";
import { noTokens, type Tokens } from "../../model/tokens.ts";
import type { Costs, Priceable } from "../../pricing/costs.ts";

/** How long a cache lives after it was last used, milliseconds. */
const SHORT_MS = 300_000;
const LONG_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What the cache did. Money in pico-dollars. */
export class CacheUse {
  /** Tokens. */
  read = 0;
  written = 0;
  input = 0;
  /** What reading from the cache cost less than the same tokens as input. */
  saved = 0n;
  /** What writing to the cache cost. */
  writes = 0n;
  /** What it cost more than the same tokens as input. */
  extra = 0n;
  /** Tokens of models without a price: none of the money speaks of them. */
  unpriced = 0;
  /** Estimates, see expiryOf: tokens written again, what that cost more than reading them, and how often it happened. */
  rewritten = 0;
  lost = 0n;
  expiries = 0;

  /** Percent of the prompts' tokens that came from the cache; null where there was no prompt. */
  get hitPercent(): number | null {
    const all = this.read + this.written + this.input;
    return all === 0 ? null : (this.read / all) * 100;
  }

  /** Adds usage by its tokens and prices. */
  add(row: UsageRow, costs: Costs): void {
    const atMs = row.day * DAY_MS;
    const { cacheRead, cacheWrite5m, cacheWrite1h } = row;
    const written = cacheWrite5m + cacheWrite1h;
    this.read += cacheRead;
    this.written += written;
    this.input += row.input;
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

  /** Adds what another found. */
  merge(other: CacheUse): void {
    this.read += other.read;
    this.written += other.written;
    this.input += other.input;
    this.saved += other.saved;
    this.writes += other.writes;
    this.extra += other.extra;
    this.unpriced += other.unpriced;
    this.rewritten += other.rewritten;
    this.lost += other.lost;
    this.expiries += other.expiries;
  }
}

/** One write of what a cache had held before: tokens, and pico-dollars more than reading them would have cost (null: no price). */
export interface Expiry {
  readonly at: number;
  readonly model: string;
  readonly tokens: number;
  readonly lost: bigint | null;
}

/**
 * What one session seems to have written again because its cache had run out: an estimate. A write counts where the
 * session had paused, since its last response of that model, for longer than the cache lives that was written last
 * (5 minutes or 1 hour), and as far as the prompt before had been cached and was not read now. What a compaction or an
 * edit made different is taken for the same text; a pause during which a subagent of that model worked is not seen.
 */
export function expiriesOf(responses: Iterable<ResponseRow>, costs: Costs): Expiry[] {
  const known = new Map<string, { at: number; cached: number; lifeMs: number }>();
  const found: Expiry[] = [];
  for (const row of responses) {
    const { at, model, cacheRead, cacheWrite5m, cacheWrite1h } = row;
    const written = cacheWrite5m + cacheWrite1h;
    const before = known.get(model);
    if (before && at - before.at > before.lifeMs) {
      const tokens = Math.min(written, Math.max(before.cached - cacheRead, 0));
      if (tokens > 0) found.push({ at, model, tokens, lost: lossOf(row, tokens, costs) });
    }
    // A response that neither read nor wrote leaves what is cached to run out.
    if (cacheRead + written === 0) continue;
    const lifeMs = cacheWrite1h > 0 ? LONG_MS : cacheWrite5m > 0 ? SHORT_MS : (before?.lifeMs ?? SHORT_MS);
    known.set(model, { at, cached: cacheRead + written, lifeMs });
  }
  return found;
}

/** Writing less reading of so many tokens, at the price of the write. */
function lossOf(row: ResponseRow, tokens: number, costs: Costs): bigint | null {
  const long = Math.min(row.cacheWrite1h, tokens);
  const write = priced(costs, row, { cacheWrite1h: long, cacheWrite5m: tokens - long }, row.at);
  const read = priced(costs, row, { cacheRead: tokens }, row.at);
  return write === null || read === null ? null : write - read;
}

/** Pico-dollars of some tokens at the prices of a row; null without a price. */
function priced(costs: Costs, row: Priceable, tokens: Partial<Tokens>, atMs: number): bigint | null {
  return costs.of({ ...row, ...noTokens, ...tokens, searches: 0, isPriced: 0 }, atMs);
}
