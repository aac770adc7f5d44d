/** A row of a report in JSON. */
type JsonRow = Readonly<Record<string, string | number | boolean | null | object>>;

/** Rows of a report that is split by part, by the part's key; each has the part's name. */
export type RowsByPart = Readonly<Record<string, readonly JsonRow[]>>;

/** A part of all bars. Its colour is its place, at most LAST_COLOUR. */
export interface StackPart {
  readonly key: string;
  readonly name: string;
  readonly colour: number;
}

/** What a part has in one bar: the value, where it begins and ends when the parts are stacked, and the place of its row in the report. */
export interface StackPiece {
  readonly part: StackPart;
  readonly value: number;
  readonly from: number;
  readonly to: number;
  readonly row: number;
}

/** A bar's label, the number above it, and its place. */
export interface Bar {
  readonly label: string;
  readonly pieces: readonly StackPiece[];
  /** The whole bar; null where it is not known. */
  readonly total: number | null;
  readonly text: string;
  /** Where the number comes from. */
  readonly mark: Readonly<Record<`data-${string}`, string>>;
  /** Not over yet. */
  readonly isOpen: boolean;
}

/** The colour of all parts after the seven largest. */
export const LAST_COLOUR = 7;

/**
 * Rows as stacked bars: the largest part at the bottom of each. `field` is the value's name in a row, `slotField` that of the bar. Rows
 * of other bars, and values that are not known, are left out.
 */
export function stacksOf(
  rows: RowsByPart,
  slots: readonly { readonly key: string }[],
  { slotField, field }: { readonly slotField: string; readonly field: string },
): { readonly parts: readonly StackPart[]; readonly stacks: readonly (readonly StackPiece[])[] } {
  const places = new Map(slots.map(({ key }, at) => [key, at]));
  const found = Object.entries(rows).map(([key, list]) => {
    const values = list.flatMap((row, at) => {
      const [name, value] = [row[slotField], row[field]];
      const slot = typeof name === "string" ? places.get(name) : undefined;
      return slot === undefined || typeof value !== "number" || value <= 0 ? [] : [{ slot, value, row: at }];
    });
    const name = list[0]?.["name"];
    return {
      key,
      name: typeof name === "string" ? name : key,
      values: new Map(values.map((one) => [one.slot, one])),
      // For the order only: it is not shown.
      size: values.reduce((sum, { value }) => sum + value, 0),
    };
  });
  const sorted = found.filter(({ size }) => size > 0).toSorted((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1));
  const parts = sorted.map(({ key, name }, at): StackPart => ({ key, name, colour: Math.min(at, LAST_COLOUR) }));
  const stacks = slots.map((_, slot) => {
    let top = 0;
    return sorted.flatMap(({ values }, at): StackPiece[] => {
      const [one, part] = [values.get(slot), parts[at]];
      if (!one || !part) return [];
      const from = top;
      top += one.value;
      return [{ part, value: one.value, from, to: top, row: one.row }];
    });
  });
  return { parts, stacks };
}

/** The pieces of a bar as they are drawn: one for each colour, so that hundreds of small parts are one piece. */
export function drawnPieces(
  stack: readonly StackPiece[],
): { readonly colour: number; readonly from: number; readonly to: number }[] {
  const byColour = Map.groupBy(stack, ({ part }) => part.colour);
  return [...byColour].map(([colour, pieces]) => ({
    colour,
    from: pieces[0]?.from ?? 0,
    to: pieces.at(-1)?.to ?? 0,
  }));
}
