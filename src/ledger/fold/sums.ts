import type { Observed, ResponseFact } from "../../model/fact.ts";
import type {
  Bodies,
  ResponseObservation,
  RunningTotalObservation,
  SumKind,
  TotalObservation,
} from "../../model/observation.ts";
import { factOf, foldOne } from "./fold.ts";
import { sorted } from "./order.ts";

/*
 * Folds sums (see SumKind) into the usage that they add. As in fold.ts, the result does not depend on the order of the
 * observations or on repetitions.
 */

type SumReading = Observed<RunningTotalObservation>;

const COUNTS = ["input", "output", "cacheWrite", "cacheWrite5m", "cacheWrite1h", "cacheRead", "reasoning"] as const;
type SumCounts = Readonly<Record<(typeof COUNTS)[number], number>>;

const countsBy = (count: (name: keyof SumCounts) => number): SumCounts =>
  Object.fromEntries(COUNTS.map((name) => [name, count(name)])) as SumCounts;

const tokensOf = ({
  input,
  output,
  cacheWrite,
  cacheRead,
}: Pick<SumCounts, "input" | "output" | "cacheWrite" | "cacheRead">): number => input + output + cacheWrite + cacheRead;

/** Folds the observations of one sum into responses. */
export function foldSum<K extends SumKind>(
  kind: K,
  key: string,
  observed: readonly Observed<Bodies[K]>[],
): ResponseFact[] {
  return (folds[kind] as (key: string, observed: readonly Observed<Bodies[K]>[]) => ResponseFact[])(key, observed);
}

const folds: { [K in SumKind]: (key: string, observed: readonly Observed<Bodies[K]>[]) => ResponseFact[] } = {
  rest: foldRest,
  total: foldTotal,
  "running-total": foldRunningTotal,
};

/** The smallest remainder holds, because most responses were known by then; no fact if it is 0. */
function foldRest(key: string, observed: readonly Observed<ResponseObservation>[]): ResponseFact[] {
  const least = sorted("rest", observed, (a, b) => tokensOf(a) - tokensOf(b)).slice(0, 1);
  return least.filter(({ body }) => tokensOf(body) > 0).map((one) => foldOne(key, one));
}

/**
 * The largest sum minus all parts that were ever observed; no fact if nothing remains or the sum is not known. Its classes
 * are subtracted separately, and none becomes negative.
 */
function foldTotal(key: string, observed: readonly Observed<TotalObservation>[]): ResponseFact[] {
  const [largest] = sorted(
    "total",
    observed.filter(({ body }) => body.part === null),
    // Every request adds to the output.
    (a, b) => b.output - a.output,
    (a, b) => tokensOf(b) - tokensOf(a),
  );
  if (!largest) return [];
  const parts = Map.groupBy(
    observed.filter(({ body }) => body.part !== null),
    ({ body }) => body.part,
  );
  const known = (name: keyof SumCounts): number =>
    parts.values().reduce((sum, same) => sum + Math.max(...same.map(({ body }) => body[name] ?? 0)), 0);
  const rest = countsBy((name) => Math.max((largest.body[name] ?? 0) - known(name), 0));
  return tokensOf(rest) > 0 ? [foldOne(key, { ...largest, body: { ...largest.body, ...rest } })] : [];
}

/**
 * Each fact is what was added between two readings, at the time of the second
 * one. A session that began with a copy of this sum has its own readings under the same key; what it copied is not
 * counted again.
 */
function foldRunningTotal(key: string, observed: readonly SumReading[]): ResponseFact[] {
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
function copiedTotal(own: readonly SumReading[], copiedAt: number): ResponseObservation | null {
  const all = bySize(own);
  const copied = all.findLast(({ body }) => body.copy === 0 && body.at <= copiedAt) ?? all[0];
  return copied?.body ?? null;
}

/** Returns each reading that adds something to those before it, with the counts that it adds to `before`. */
function additionsOf(
  readings: readonly SumReading[],
  before: ResponseObservation | null,
): Observed<ResponseObservation>[] {
  let known = countsBy((name) => before?.[name] ?? 0);
  return bySize(readings).flatMap((one) => {
    const { body } = one;
    const total = countsBy((name) => Math.max(body[name] ?? 0, known[name]));
    const added = countsBy((name) => total[name] - known[name]);
    known = total;
    return COUNTS.some((name) => added[name] > 0) ? [{ ...one, body: { ...body, ...added } }] : [];
  });
}

/**
 * Smallest first. Of equal ones, the first has a time of its own instead of that of a file, and of those it is the latest: the
 * total may have been read before the last lines that it sums up.
 */
const bySize = (readings: readonly SumReading[]): readonly SumReading[] =>
  sorted(
    "running-total",
    readings,
    (a, b) => tokensOf(a) - tokensOf(b),
    (a, b) => a.copy - b.copy,
    (a, b) => b.at - a.at,
  );
