import type { Observed, ResponseFact } from "../../model/fact.ts";
import type { ResponseObservation, RunningTotalObservation } from "../../model/observation.ts";
import { factOf } from "./fold.ts";
import { sorted } from "./order.ts";

type TotalReading = Observed<RunningTotalObservation>;

const COUNTS = ["input", "output", "cacheWrite", "cacheWrite5m", "cacheWrite1h", "cacheRead", "reasoning"] as const;
type TotalCounts = Readonly<Record<(typeof COUNTS)[number], number>>;

/**
 * Folds the readings of a running total: each fact is what was added between two readings, at the time of the second
 * one. A session that began with a copy of this total has its own readings under the same key; what it copied is not
 * counted again.
 */
export function foldRunningTotal(key: string, observed: readonly TotalReading[]): ResponseFact[] {
  const own = observed.filter(({ body }) => body.copiedAt === null);
  const copies = Map.groupBy(
    observed.filter(({ body }) => body.copiedAt !== null),
    ({ body }) => body.session,
  );
  const counted = own.some(({ body }) => body.isCountedElsewhere) ? [] : own;
  const additions = [
    ...additionsOf(counted, null),
    ...[...copies.keys()].toSorted().flatMap((session) => {
      const readings = copies.get(session) ?? [];
      return additionsOf(readings, copiedTotal(own, Math.min(...readings.map(({ body }) => body.copiedAt ?? 0))));
    }),
  ];
  return additions.map((one, part) => factOf(key, part, one, one.body));
}

/**
 * Returns the reading that was copied at a time: the largest up to then. If all are later, the total has grown since, and
 * the smallest is nearest to it. Null if the total was never read.
 */
function copiedTotal(own: readonly TotalReading[], copiedAt: number): ResponseObservation | null {
  const all = bySize(own);
  const copied = all.findLast(({ body }) => body.copy === 0 && body.at <= copiedAt) ?? all[0];
  return copied?.body ?? null;
}

/** Returns each reading that adds something to those before it, with the counts that it adds to `before`. */
function additionsOf(
  readings: readonly TotalReading[],
  before: ResponseObservation | null,
): Observed<ResponseObservation>[] {
  let known = countsOf((name) => before?.[name] ?? 0);
  return bySize(readings).flatMap((one) => {
    const { body } = one;
    const total = countsOf((name) => Math.max(body[name] ?? 0, known[name]));
    const added = countsOf((name) => total[name] - known[name]);
    known = total;
    return COUNTS.some((name) => added[name] > 0) ? [{ ...one, body: { ...body, ...added } }] : [];
  });
}

const countsOf = (count: (name: keyof TotalCounts) => number): TotalCounts =>
  Object.fromEntries(COUNTS.map((name) => [name, count(name)])) as TotalCounts;

/**
 * Smallest first. Of equal ones, the first has a time of its own instead of that of a file, and of those it is the latest: the
 * total may have been read before the last lines that it sums up.
 */
const bySize = (readings: readonly TotalReading[]): readonly TotalReading[] =>
  sorted(
    "running-total",
    readings,
    (a, b) => tokensOf(a) - tokensOf(b),
    (a, b) => a.copy - b.copy,
    (a, b) => b.at - a.at,
  );

const tokensOf = (one: ResponseObservation): number => one.input + one.output + one.cacheWrite + one.cacheRead;
