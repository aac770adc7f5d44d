import type { SessionInterval } from "./intervals.ts";

/** When something lasted; epoch milliseconds, both ends belong to it. */
type Ends = Pick<SessionInterval, "from" | "to">;

/** The most sessions at once, and the first time at which it was so many. */
export interface Peak extends Ends {
  readonly sessions: number;
}

/** How many intervals there are at each time at which that changes, by time. */
function changesOf(intervals: readonly Ends[]): { readonly at: number; readonly sessions: number }[] {
  // An interval ends after its last instant, so that one without length counts as well.
  const marks = intervals.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to + 1, by: -1 },
  ]);
  let sessions = 0;
  return [...Map.groupBy(marks, ({ at }) => at)]
    .toSorted(([a], [b]) => a - b)
    .map(([at, some]) => ({ at, sessions: (sessions += some.reduce((sum, { by }) => sum + by, 0)) }));
}

/** The peak of some intervals; null without any. */
export function peakOf(intervals: readonly Ends[]): Peak | null {
  const changes = changesOf(intervals);
  const most = changes.reduce((a, { sessions }) => Math.max(a, sessions), 0);
  const index = changes.findIndex(({ sessions }) => sessions === most);
  const [peak, next] = [changes[index], changes[index + 1]];
  return peak && next ? { sessions: most, from: peak.at, to: next.at - 1 } : null;
}

/** The most intervals at once in each of `count` equal steps from `from` to `to`. */
export function stepsOf(intervals: readonly Ends[], { from, to }: Ends, count: number) {
  const changes = changesOf(intervals);
  const step = (to - from) / count;
  let [index, sessions] = [0, 0];
  return Array.from({ length: count }, (_, number) => {
    const [at, end] = [from + number * step, from + (number + 1) * step];
    let most = 0;
    for (; index < changes.length && (changes[index]?.at ?? 0) <= at; index++) sessions = changes[index]?.sessions ?? 0;
    most = sessions;
    for (; index < changes.length && (changes[index]?.at ?? 0) < end; index++)
      most = Math.max(most, (sessions = changes[index]?.sessions ?? 0));
    return { at: Math.round(at), sessions: most };
  });
}
