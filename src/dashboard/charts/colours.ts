import { LAST_COLOUR } from "./stacks.ts";

/** A colour, 0 to LAST_COLOUR, for each name: the same one as long as there are few names, else one for each of the first ones. */
export function coloursOf(names: readonly string[]): ReadonlyMap<string, number> {
  const own = names.length <= LAST_COLOUR ? names : names.slice(0, LAST_COLOUR);
  const sorted = own.toSorted();
  return new Map(names.map((name) => [name, sorted.includes(name) ? sorted.indexOf(name) : LAST_COLOUR]));
}
