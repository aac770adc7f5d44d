import type { Zone } from "../model/calendar.ts";
import { type Cell, cellInJson, type ValueKind } from "./format.ts";

/** A column of a report: how tables, CSV and JSON get their values from a row. */
export interface Column<Row> {
  readonly name: string;
  readonly kind: ValueKind;
  /** If the table is too wide, the column with the lowest priority is hidden first; of equal ones the rightmost. */
  readonly priority: number;
  /** Its texts may be cut, down to 12 columns, before a column is hidden. */
  readonly shorten?: boolean;
  /** It is in JSON only, for instance because all rows of this table would have the same value. */
  readonly isHidden?: boolean;
  value(row: Row): Cell;
  /** The cell of the totals row. A table has that row if any column has this; its first cell is then "Total". */
  readonly total?: "sum" | (() => Cell);
  /** Its name in JSON, where it is one of the fields of a row. */
  readonly field?: string;
  /** Its value in JSON, if that is not the value of the cell; undefined leaves it out. */
  json?(row: Row): unknown;
}

/** Rows of objects, and the columns that show them. */
export interface Table<Row = unknown> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The time zone of its times. */
  readonly zone: Zone;
  /** The sentence shown instead of a table without rows. */
  readonly empty: string;
  /** A bar behind each row in a terminal, in proportion to the largest value; hidden by its priority like a column. */
  readonly bar?: { readonly priority: number; value(row: Row): number | null };
  /** Whether a row is a part of the row above it, such as one of its models, and dimmer; absent if none is. */
  isPart?(row: Row): boolean;
}

/** What a column is besides its values. */
export const headOf = ({ name, kind, priority, shorten, isHidden, field }: Omit<Column<never>, "value" | "json">) => ({
  name,
  kind,
  priority,
  shorten: shorten === true,
  isHidden: isHidden === true,
  ...(field !== undefined && { field }),
});

/** The columns of tables and CSV. */
export const shownColumns = <Row>({ columns }: Pick<Table<Row>, "columns">): readonly Column<Row>[] =>
  columns.filter(({ isHidden }) => isHidden !== true);

/** The cells of the totals row; null without one. */
export function totalCells<Row>(table: Pick<Table<Row>, "columns" | "rows">): readonly Cell[] | null {
  const shown = shownColumns(table);
  if (shown.every(({ total }) => total === undefined)) return null;
  return shown.map((column, index) => (index === 0 ? "Total" : totalOf(column, table.rows)));
}

/** Rows, each followed by its parts. */
export function rowsWithParts<Row>({ rows, isPart }: Pick<Table<Row>, "rows" | "isPart">): Row[][] {
  const found: Row[][] = [];
  for (const row of rows) {
    if (isPart?.(row)) found.at(-1)?.push(row);
    else found.push([row]);
  }
  return found;
}

/** The total of a column; null without one. */
export function totalOf<Row>(column: Column<Row>, rows: readonly Row[]): Cell {
  if (column.total === "sum") return rows.reduce((sum, row) => sum + Number(column.value(row)), 0);
  return column.total?.() ?? null;
}

/** The columns with totals: the values of a row that has the totals of all rows. */
export const totalledBy = <Row>(totals: Row, columns: readonly Column<Row>[]): readonly Column<Row>[] =>
  columns.map((column) => ({ ...column, total: () => column.value(totals) }));

/** The fields of a row in JSON, in the order of the columns. */
export function fieldsOf<Row>(columns: readonly Column<Row>[], row: Row): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const column of columns) {
    const { field, kind } = column;
    if (field !== undefined) fields[field] = column.json ? column.json(row) : cellInJson(kind, column.value(row));
  }
  return fields;
}

/** The totals of the columns in JSON, in their order. */
export function totalFieldsOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const column of columns) {
    if (column.field !== undefined && column.total)
      fields[column.field] = cellInJson(column.kind, totalOf(column, rows));
  }
  return fields;
}
