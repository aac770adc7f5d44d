import type { Observed, ResponseFact } from "../../model/fact.ts";
import type { ResponseObservation, TotalObservation } from "../../model/observation.ts";
import { foldOne } from "./fold.ts";
import { sorted } from "./order.ts";

/*
 * Folds totals that assistants keep into the usage that no known response accounts for. As in fold.ts, the result does
 * not depend on the order of the observations or on repetitions.
 */

/** Folds the remainder of a total: the smallest holds, because most responses were known by then; no fact if it is 0. */
export function foldRemainder(key: string, observed: readonly Observed<ResponseObservation>[]): ResponseFact[] {
  const least = sorted("rest", observed, (a, b) => tokensOf(a) - tokensOf(b)).slice(0, 1);
  return least.filter(({ body }) => tokensOf(body) > 0).map((one) => foldOne(key, one));
}

/**
 * Folds a total and its parts: the largest total minus all parts that were ever observed; no fact if nothing remains or
 * the total is not known. Its classes are subtracted separately, and none becomes negative.
 */
export function foldTotal(key: string, observed: readonly Observed<TotalObservation>[]): ResponseFact[] {
  const [largest] = sorted(
    "total",
    observed.filter(({ body }) => body.part === null),
    // Every request adds to the output.
    (a, b) => b.output - a.output,
    (a, b) => tokensOf(b) - tokensOf(a),
  );
  if (!largest) return [];
  const { input, output, cacheWrite, cacheRead } = largest.body;
  const rest: ClassCounts = { input, output, cacheWrite, cacheRead };
  for (const part of partsIn(observed).values())
    for (const name of COUNTS) rest[name] = Math.max(rest[name] - part[name], 0);
  return tokensOf(rest) > 0 ? [foldOne(key, { ...largest, body: { ...largest.body, ...rest } })] : [];
}

const COUNTS = ["input", "output", "cacheWrite", "cacheRead"] as const satisfies (keyof ResponseObservation)[];
type ClassCounts = Record<(typeof COUNTS)[number], number>;

const tokensOf = ({ input, output, cacheWrite, cacheRead }: ClassCounts): number =>
  input + output + cacheWrite + cacheRead;

/** The counts of each part: the largest of each, if it was observed more than once. */
function partsIn(observed: readonly Observed<TotalObservation>[]): Map<string, ClassCounts> {
  const parts = new Map<string, ClassCounts>();
  for (const { body } of observed) {
    if (body.part === null) continue;
    const known = parts.get(body.part);
    const largest = (name: keyof ClassCounts): number => Math.max(known?.[name] ?? 0, body[name]);
    parts.set(body.part, {
      input: largest("input"),
      output: largest("output"),
      cacheWrite: largest("cacheWrite"),
      cacheRead: largest("cacheRead"),
    });
  }
  return parts;
}
