/** How far each key moves, in items. */
const movesOf = (columns: number): Readonly<Record<string, number>> => ({
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: columns === 0 ? 1 : -columns,
  ArrowDown: columns === 0 ? -1 : columns,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
});

/** The item that a key leads to from one of `count`; null for another key. Items are in rows of `columns`, or in one row for 0. */
export function movedPick(key: string, at: number | null, count: number, columns = 0): number | null {
  const by = movesOf(columns)[key];
  if (by === undefined) return null;
  if (at === null && Number.isFinite(by)) return by < 0 && columns === 0 ? count - 1 : 0;
  const to = (at ?? 0) + by;
  // Beyond the first or last row, the item stays.
  if (columns > 0 && Math.abs(by) === columns && (to < 0 || to >= count)) return at;
  return Math.min(Math.max(to, 0), count - 1);
}
