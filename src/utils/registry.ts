import { PawprintError } from "./errors.ts";

/** What every shelf item has: a name that is unique on its shelf and one line for the printed tables. */
export interface RegistryItem {
  readonly name: string;
  readonly description: string;
}

/** The item of that name; throws bad_usage naming all that there are. */
export function find<T extends RegistryItem>(shelf: readonly T[], name: string, kind: string): T {
  const item = shelf.find((one) => one.name === name);
  if (item) return item;
  const names = shelf.map((one) => one.name).join(", ");
  throw new PawprintError("bad_usage", `there is no ${kind} "${name}"`, `one of: ${names}`);
}

/** Names longer than this are like none: comparing takes time that grows with both lengths. */
const LONGEST = 64;

/**
 * The name that is most like a misspelt one, and by how many letters they differ: added, left out, changed or exchanged
 * with the next, in either case. Null where none is like it: more than a third of the letters differ, and more than two,
 * and neither name holds the letters of the other in their order.
 */
export function nearestName(given: string, names: Iterable<string>): { name: string; distance: number } | null {
  if (given.length > LONGEST) return null;
  const wanted = given.toLowerCase();
  let nearest: { name: string; distance: number } | null = null;
  for (const name of names) {
    const distance = distanceOf(wanted, name.toLowerCase());
    const isLike = distance <= Math.max(2, given.length / 3) || holds(name, wanted) || holds(wanted, name);
    if (isLike && (nearest === null || distance < nearest.distance)) nearest = { name, distance };
  }
  return nearest;
}

/** Whether a text holds all letters of another, at least two, in their order. */
function holds(text: string, letters: string): boolean {
  let found = 0;
  for (const letter of text.toLowerCase()) if (letter === letters[found]) found++;
  return letters.length > 1 && found === letters.length;
}

/** Optimal string alignment distance. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchange = isExchanged ? (before[j - 2] ?? 0) + 1 : change;
      row[j] = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change, exchange);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
