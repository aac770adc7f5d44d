/** Something with a beginning and an end, epoch milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The lane of each interval, from 0, so that no two in one lane overlap or are closer than `gap` milliseconds; as few lanes as possible. */
export function lanesFor(intervals: readonly Interval[], gap = 0): number[] {
  const ends: number[] = [];
  const lanes = intervals.map(() => 0);
  const order = intervals.map((interval, at) => ({ ...interval, at })).toSorted((a, b) => a.from - b.from);
  for (const { from, to, at } of order) {
    const free = ends.findIndex((end) => end + gap <= from);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = to;
    lanes[at] = lane;
  }
  return lanes;
}
