import { PawprintError } from "./errors.ts";
import { clean } from "./terminal.ts";

/** An item with a unique name. */
interface NamedItem {
  readonly name: string;
  /** Its other names, by which it is found too. */
  readonly aliases?: readonly string[];
}

/** The fields of every registry item: a unique name, and a description of one line for the printed tables. */
export interface RegistryItem extends NamedItem {
  readonly description: string;
}

/** An example of a command: its arguments, such as "daily --last 7d", and what they do. */
export interface Example {
  readonly args: string;
  readonly description: string;
}

/** An item that users run, a command or a report, with what its help shows. */
export interface RunnableItem extends RegistryItem {
  /** Command lines to start with, and what each does; the help shows them first. */
  readonly examples?: readonly Example[];
  /** Names of the commands that its help refers to. */
  readonly related?: readonly string[];
}

/** The item with a name or an alias; undefined if there is none. */
export function lookUp<T extends NamedItem>(registry: readonly T[], name: string): T | undefined {
  return registry.find((one) => one.name === name) ?? registry.find(({ aliases }) => aliases?.includes(name));
}

/** The item with a name or an alias. Throws bad_usage if there is none: see unknownName. */
export function find<T extends NamedItem>(registry: readonly T[], name: string, kind: string): T {
  const item = lookUp(registry, name);
  if (item) return item;
  throw unknownName(
    kind,
    name,
    registry.map((one) => one.name),
  );
}

/** The error bad_usage for a name that does not exist. Its hint suggests the most similar name and lists all, or says where they are listed. */
export function unknownName(
  kind: string,
  given: string,
  names: readonly string[],
  list = `one of: ${names.join(", ")}`,
): PawprintError {
  const nearest = nearestName(given, names);
  const hint = nearest === null ? list : `did you mean ${nearest}? ${list}`;
  return new PawprintError("bad_usage", `there is no ${kind} "${clean(given)}"`, hint);
}

/** Longer names are not compared: comparing takes time in proportion to both lengths. */
const MAX_LENGTH = 64;
/** Shortest text that counts as the beginning or the abbreviation of a name. */
const MIN_PART = 3;

/** The name that a text misspells, shortens ("ctx" for context) or extends ("weekly-model" for weekly), ignoring case; null if there is none. */
export function nearestName(given: string, names: readonly string[]): string | null {
  return (
    misspeltName(given, names) ?? names.find((name) => isShortOrLong(given.toLowerCase(), name.toLowerCase())) ?? null
  );
}

/**
 * The name that a text misspells, ignoring case: at most two letters are inserted, deleted, replaced or swapped with the
 * next, and fewer than half of the name's. Null if there is none.
 */
export function misspeltName(given: string, names: readonly string[]): string | null {
  if (given.length > MAX_LENGTH) return null;
  let nearest: string | null = null;
  let least = 3;
  for (const name of names) {
    const distance = distanceOf(given.toLowerCase(), name.toLowerCase());
    if (distance < least && 2 * distance < name.length) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Whether one text begins with the other, or the given one has letters of the name in order, the first one included. */
function isShortOrLong(given: string, name: string): boolean {
  if (given.length < MIN_PART || name.length < MIN_PART || given.length > MAX_LENGTH) return false;
  if (given.startsWith(name)) return true;
  let found = 0;
  for (const letter of name) if (letter === given[found]) found++;
  return given[0] === name[0] && found === given.length;
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
