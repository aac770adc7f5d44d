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
    return "Claude Code's own sum leaves out compactions that the API made on the way, which are billed";
  if (own < ledger) {
    return evidence.continuedAfterSums
      ? "it went on after it wrote its sums, or still does"
      : "a part of it ended without writing its sums";
  }
  if (evidence.isFork) return "a fork begins with the sums of its parent, whose the responses are";
  if (evidence.isCompacted) return "requests that compact a conversation are in no transcript";
  return "the program made requests that are in no transcript (titles, summaries, side questions by /btw)";
}

/** Both round: the program each response, the ledger each sum. Micro-dollars. */
const ROUNDING = 1_000;

function causeOfCost(ledger: number | null, other: number | null): string | null {
  if (ledger === null) return "a model of it has no price here";
  if (other === null || Math.abs(ledger - other) <= ROUNDING) return null;
  return "the same tokens at other prices";
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
    return "before the first response of the ledger: pawprint import takes it in";
  if (last !== null && date > last) return "after the last response of the ledger";
  if (!day && hasVanished) return "its transcripts are gone: counted from the ledger only";
  if (!day) return "the report does not hold this day";
  if (isOtherwiseEqual && other.output < own.output)
    return "it takes a line of a response that was written before its output was complete";
  const nearbyDates = [addDays(date, -1), date, addDays(date, 1)];
  const sumOf = (days: ReadonlyMap<string, Tokens>): number =>
    nearbyDates.reduce((sum, one) => sum + totalOf(days.get(one) ?? noTokens), 0);
  if (sumOf(ours) === sumOf(theirs)) return "the day begins elsewhere: another time zone";
  if (totalOf(other) > totalOf(own)) {
    return "it counts copies of a response more than once, or other directories";
  }
  return hasVanished
    ? "transcripts are gone since: the ledger keeps what it read"
    : "it leaves out responses that the recount finds";
}
