import { addDays } from "../model/calendar.ts";
import { totalOf } from "../model/tokens.ts";
import { nothing, type Sums } from "./compare.ts";
import type { SessionSigns } from "./recount.ts";

/*
 * Others count by other rules, or not everything. What they say is compared and explained, but it is no measure of the
 * ledger: that is the recount.
 */

/** Somebody else's sum of something beside the ledger's. */
export interface Beside {
  /** A session, or a date. */
  readonly of: string;
  readonly ledger: number;
  readonly other: number;
  /** Micro-dollars; null where they are not known. */
  readonly ledgerCost: number | null;
  readonly otherCost: number | null;
  /** Why they differ; null where they do not. */
  readonly cause: string | null;
}

/** A sum of tokens with its cost in micro-dollars. */
export interface Priced {
  readonly tokens: number;
  readonly cost: number | null;
}

/** The sums that sessions wrote themselves beside those of the ledger. */
export function besideOwnTotals(
  own: ReadonlyMap<string, Priced>,
  ledger: ReadonlyMap<string, Priced>,
  signs: ReadonlyMap<string, SessionSigns>,
): Beside[] {
  return [...own].map(([session, { tokens: other, cost: otherCost }]) => {
    const { tokens, cost } = ledger.get(session) ?? { tokens: 0, cost: 0 };
    const cause = tokens === other ? causeOfCost(cost, otherCost) : causeOfOwnTotal(tokens, other, signs.get(session));
    return { of: session, ledger: tokens, other, ledgerCost: cost, otherCost, cause };
  });
}

function causeOfOwnTotal(ledger: number, own: number, signs: SessionSigns | undefined): string {
  if (!signs) return "its transcript is gone";
  if (signs.apiCompactions > 0 && own + signs.apiCompactions === ledger)
    return "Claude Code's own sum leaves out compactions that the API made on the way, which are billed";
  if (own < ledger) {
    return signs.wentOn
      ? "it went on after it wrote its sums, or still does"
      : "a part of it ended without writing its sums";
  }
  if (signs.isFork) return "a fork begins with the sums of its parent, whose the responses are";
  if (signs.isCompacted) return "requests that compact a conversation are in no transcript";
  return "the program made requests that are in no transcript (titles, summaries, side questions by /btw)";
}

/** Both round: the program each response, we the sum. */
const ROUNDING = 1_000;

function causeOfCost(ledger: number | null, other: number | null): string | null {
  if (ledger === null) return "a model of it has no price here";
  if (other === null || Math.abs(ledger - other) <= ROUNDING) return null;
  return "the same tokens at other prices";
}

/** Classes that ccusage tells apart. */
export interface Day {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  readonly cost: number | null;
}

/** What the dates of two counts are explained with. */
export interface Scope {
  /** The first and the last date of the ledger; null while it is empty. */
  readonly first: string | null;
  readonly last: string | null;
  readonly hasVanished: boolean;
}

/** The days of a ccusage report beside those of the ledger. */
export function besideCcusage(
  theirs: ReadonlyMap<string, Day>,
  ours: ReadonlyMap<string, Sums & { readonly cost: number | null }>,
  scope: Scope,
): Beside[] {
  const dates = [...new Set([...theirs.keys(), ...ours.keys()])].toSorted();
  return dates.map((date) => {
    const day = theirs.get(date);
    const own = ours.get(date);
    const other = day ? day.input + day.output + day.cacheWrite + day.cacheRead : 0;
    const sums = own ?? nothing;
    return {
      of: date,
      ledger: totalOf(sums),
      other,
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
  { first, last, hasVanished }: Scope,
): string | null {
  const write = own.cacheWrite5m + own.cacheWrite1h;
  const other = day ?? { input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };
  const rest = other.input === own.input && other.cacheWrite === write && other.cacheRead === own.cacheRead;
  if (rest && other.output === own.output) return null;
  if (own.responses === 0 && first !== null && date < first)
    return "before the first response of the ledger: pawprint import takes it in";
  if (last !== null && date > last) return "after the last response of the ledger";
  if (!day && hasVanished) return "its transcripts are gone: counted from the ledger only";
  if (!day) return "the report does not hold this day";
  if (rest && other.output < own.output)
    return "it takes a line of a response that was written before its output was complete";
  const near = [addDays(date, -1), date, addDays(date, 1)];
  const sumOf = <T>(days: ReadonlyMap<string, T>, tokensOf: (one: T) => number): number =>
    near.reduce((sum, one) => sum + (days.has(one) ? tokensOf(days.get(one) as T) : 0), 0);
  const isShifted =
    sumOf(ours, totalOf) === sumOf(theirs, (one) => one.input + one.output + one.cacheWrite + one.cacheRead);
  if (isShifted) return "the day begins elsewhere: another time zone";
  if (other.input + other.output + other.cacheWrite + other.cacheRead > totalOf(own)) {
    return "it counts copies of a response more than once, or other directories";
  }
  return hasVanished
    ? "transcripts are gone since: the ledger keeps what it read"
    : "it leaves out responses that the recount finds";
}
