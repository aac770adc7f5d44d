import { PawprintError } from "./errors.ts";

/** What every shelf item has: a name that is unique on its shelf and one line for the printed tables. */
export interface ShelfItem {
  readonly name: string;
  readonly meaning: string;
}

/** The item of that name; throws bad_usage naming all that there are. */
export function find<T extends ShelfItem>(shelf: readonly T[], name: string, kind: string): T {
  const item = shelf.find((one) => one.name === name);
  if (item) return item;
  const names = shelf.map((one) => one.name).join(", ");
  throw new PawprintError("bad_usage", `there is no ${kind} "${name}"`, `one of: ${names}`);
}
