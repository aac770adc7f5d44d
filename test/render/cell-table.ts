import { type Column, type Table, totalCells } from "../../src/render/columns.ts";
import type { Cell } from "../../src/render/format.ts";

/** A column without the functions that get its values. */
export type Head = Pick<Column<never>, "name" | "kind" | "priority" | "shorten">;

/** A table whose rows are cells, in UTC. */
export function cellTable(
  heads: readonly Head[],
  rows: readonly (readonly Cell[])[],
  totals?: readonly Cell[],
): Table<readonly Cell[]> {
  const columns = heads.map((head, at) => ({
    ...head,
    value: (row: readonly Cell[]) => row[at] ?? null,
    ...(totals && { total: () => totals[at] ?? null }),
  }));
  return { columns, rows, zone: "UTC", empty: "No use was recorded." };
}

/** A table of texts without a kind of their own. */
export const textTable = (names: readonly string[], rows: readonly (readonly Cell[])[]): Table<readonly Cell[]> =>
  cellTable(
    names.map((name) => ({ name, kind: "text", priority: 1 })),
    rows,
  );

/** The shown columns of a table, its cells, and those of its totals, null without any. */
export function shownCells(table: Table) {
  const shown = table.columns.filter(({ isHidden }) => isHidden !== true);
  return {
    heads: shown.map(({ name, kind }) => ({ name, kind })),
    cells: table.rows.map((row) => shown.map((column) => column.value(row))),
    totals: totalCells(table),
  };
}
