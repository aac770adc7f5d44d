import { PawprintError } from "./errors.ts";

/** The fields of every registry item: a unique name, and a description of one line for the printed tables. */
export interface RegistryItem {
  readonly name: string;
  readonly description: string;
}

/** The item with a name. Throws bad_usage listing all names if there is none. */
export function find<T extends RegistryItem>(registry: readonly T[], name: string, kind: string): T {
  const item = registry.find((one) => one.name === name);
  if (item) return item;
  const names = registry.map((one) => one.name).join(", ");
  throw new PawprintError("bad_usage", `there is no ${kind} "${name}"`, `one of: ${names}`);
}

/** Longer names are not compared: comparing takes time in proportion to both lengths. */
const MAX_LENGTH = 64;

/**
 * The name most similar to a misspelt one, and how many letters differ (inserted, deleted, replaced or swapped with the
 * next), ignoring case. Null if none is similar: more than a third of the letters and more than two differ, and neither
 * name contains the letters of the other in order.
 */
export function nearestName(given: string, names: Iterable<string>): { name: string; distance: number } | null {
  if (given.length > MAX_LENGTH) return null;
  const wanted = given.toLowerCase();
  let nearest: { name: string; distance: number } | null = null;
  for (const name of names) {
    const distance = distanceOf(wanted, name.toLowerCase());
    const isLike =
      distance <= Math.max(2, given.length / 3) || containsInOrder(name, wanted) || containsInOrder(wanted, name);
    if (isLike && (nearest === null || distance < nearest.distance)) nearest = { name, distance };
  }
  return nearest;
}

/** Whether a text contains all letters of another one, at least two, in order. */
function containsInOrder(text: string, letters: string): boolean {
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
