import { addDays } from "../model/calendar.ts";
import { cacheWriteOf, noTokens, type Tokens, totalOf } from "../model/tokens.ts";
import { noSums, type Sums } from "./compare.ts";
import type { SessionEvidence } from "./recount.ts";

/**
 * Other programs count by other rules, or not everything. Their numbers are compared and explained, but only the
 * recount verifies the ledger.
 */

/** A total from elsewhere, compared with the ledger's. */
export interface Comparison {
  /** A session, or a date. */
  readonly of: string;
  readonly ledger: number;
  readonly other: number;
  /** Micro-dollars; null if not known. */
  readonly ledgerCost: number | null;
  readonly otherCost: number | null;
  /** Why they differ; null if they do not. */
  readonly cause: string | null;
}

/** A number of tokens and their cost in micro-dollars. */
export interface PricedTotal {
  readonly tokens: number;
  readonly cost: number | null;
}

/** Compares the totals that sessions recorded themselves with those of the ledger. */
export function compareOwnTotals(
  own: ReadonlyMap<string, PricedTotal>,
  ledger: ReadonlyMap<string, PricedTotal>,
  evidence: ReadonlyMap<string, SessionEvidence>,
): Comparison[] {
  return [...own].map(([session, { tokens: other, cost: otherCost }]) => {
    const { tokens, cost } = ledger.get(session) ?? { tokens: 0, cost: 0 };
    const cause =
      tokens === other ? causeOfCost(cost, otherCost) : causeOfOwnTotal(tokens, other, evidence.get(session));
    return { of: session, ledger: tokens, other, ledgerCost: cost, otherCost, cause };
  });
}

function causeOfOwnTotal(ledger: number, own: number, evidence: SessionEvidence | undefined): string {
  if (!evidence) return "its transcript is gone";
  if (evidence.apiCompactions > 0 && own + evidence.apiCompactions === ledger)
    return "Claude Code's own total leaves out compactions made by the API, which are billed";
  if (own < ledger) {
    return evidence.continuedAfterSums
      ? "the session continued after it wrote its totals, or is still running"
      : "a part of the session ended without writing its totals";
  }
  if (evidence.isFork) return "a fork begins with the totals of its parent session, to which those responses belong";
  if (evidence.isCompacted) return "transcripts do not contain the requests that compact a conversation";
  return "Claude Code made requests that no transcript contains (titles, summaries, side questions with /btw)";
}

/** Both round: the program each response, the ledger each sum. Micro-dollars. */
const ROUNDING = 1_000;

function causeOfCost(ledger: number | null, other: number | null): string | null {
  if (ledger === null) return "pawprint has no price for one of its models";
  if (other === null || Math.abs(ledger - other) <= ROUNDING) return null;
  return "the tokens are equal, but the prices differ";
}

/** A day of a ccusage report, which does not separate cache writes by lifetime. */
export interface Day extends Tokens {
  readonly cost: number | null;
}

/** Facts for explaining differences between dates. */
export interface ComparisonScope {
  /** The first and the last date of the ledger; null if it is empty. */
  readonly first: string | null;
  readonly last: string | null;
  readonly hasVanished: boolean;
}

/** Compares the days of a ccusage report with those of the ledger. */
export function compareCcusage(
  theirs: ReadonlyMap<string, Day>,
  ours: ReadonlyMap<string, Sums & { readonly cost: number | null }>,
  scope: ComparisonScope,
): Comparison[] {
  const dates = [...new Set([...theirs.keys(), ...ours.keys()])].toSorted();
  return dates.map((date) => {
    const day = theirs.get(date);
    const own = ours.get(date);
    const sums = own ?? noSums;
    return {
      of: date,
      ledger: totalOf(sums),
      other: totalOf(day ?? noTokens),
      ledgerCost: own?.cost ?? null,
      otherCost: day?.cost ?? null,
      cause: causeOfDay(date, sums, day, ours, theirs, scope),
    };
  });
}

function causeOfDay(
  date: string,
  own: Sums,
  day: Day | undefined,
  ours: ReadonlyMap<string, Sums>,
  theirs: ReadonlyMap<string, Day>,
  { first, last, hasVanished }: ComparisonScope,
): string | null {
  const other = day ?? noTokens;
  const isOtherwiseEqual =
    other.input === own.input && cacheWriteOf(other) === cacheWriteOf(own) && other.cacheRead === own.cacheRead;
  if (isOtherwiseEqual && other.output === own.output) return null;
  if (own.responses === 0 && first !== null && date < first)
    return "the day is before the first response in the ledger; pawprint import can add it";
  if (last !== null && date > last) return "the day is after the last response in the ledger";
  if (!day && hasVanished) return "its transcripts are gone; only the ledger still has this day";
  if (!day) return "the ccusage report does not contain this day";
  if (isOtherwiseEqual && other.output < own.output)
    return "ccusage counted a line that was written before the response was complete";
  const nearbyDates = [addDays(date, -1), date, addDays(date, 1)];
  const sumOf = (days: ReadonlyMap<string, Tokens>): number =>
    nearbyDates.reduce((sum, one) => sum + totalOf(days.get(one) ?? noTokens), 0);
  if (sumOf(ours) === sumOf(theirs)) return "ccusage used another time zone, so its days begin at another time";
  if (totalOf(other) > totalOf(own)) {
    return "ccusage counted copies of a response more than once, or read other directories";
  }
  return hasVanished
    ? "transcripts are gone: the ledger keeps what it read"
    : "ccusage left out responses that the recount found";
}
