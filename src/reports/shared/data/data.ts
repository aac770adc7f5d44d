import { type Column, headOf, shownColumns, totalOf } from "../../../render/columns.ts";
import { safeCell } from "../../../render/csv.ts";
import type { Cell } from "../../../render/format.ts";
import type { Zone } from "../../../model/calendar.ts";
import { clean, type GlyphSet } from "../../../utils/terminal.ts";
import { arrange } from "../arrange.ts";
import { isEmptyResult, type ReportResult, type RowOrder } from "../report.ts";
import { lineOf, markingStyle, type Span, spansOf } from "./marks.ts";

/** A column of a report: what it is, and its total if it has one. */
type ColumnData = ReturnType<typeof headOf> & { readonly total?: Cell };

/**
 * The result of a report as data, from which another machine prints the same table, CSV and JSON. Cells are as the columns'
 * kinds have them: money in micro-dollars, times in epoch milliseconds, durations in milliseconds, texts without escape sequences and controls.
 */
export interface ReportData {
  readonly report: string;
  readonly timezone: Zone;
  readonly columns: readonly ColumnData[];
  readonly rows: readonly (readonly Cell[])[];
  /** The places of the rows that are parts of the row above them. */
  readonly parts: readonly number[];
  /** The values of the bars behind the rows; null without bars. */
  readonly bars: { readonly priority: number; readonly values: readonly (number | null)[] } | null;
  readonly isEmpty: boolean;
  /** The sentence shown instead of a table without rows. */
  readonly empty: string;
  readonly notes: readonly string[];
  /** Which of the rows these are, if not all. */
  readonly showing: string | null;
  /** The order of the rows, where they have one: asc by time, desc by size. */
  readonly order: RowOrder | null;
  /** Rows that a terminal shows; null for all. */
  readonly maxRows: number | null;
  /** The same for programs, as --json prints it. */
  readonly json: unknown;
  /** What is drawn instead of a table in a terminal of the width asked for; null if nothing is. */
  readonly lines: readonly (readonly Span[])[] | null;
}

/** The size and characters of the terminal for which a report is drawn. */
export interface Drawing {
  readonly width: number;
  readonly glyphs: GlyphSet;
}

/** The result of a report as data, drawn for a terminal where that is asked for. */
export function dataOf<Row>(report: string, result: ReportResult<Row>, drawing: Drawing | null): ReportData {
  const { rows, bar, isPart, zone, empty, notes, showing = null, order = null, maxRows = null } = result;
  const columns = shownColumns(result);
  const drawn = drawing && result.draw ? arrange(result, { limit: result.maxRows }).rows : null;
  return {
    report,
    timezone: zone,
    columns: columns.map((column) => ({
      ...headOf(column),
      ...(column.total !== undefined && { total: totalOf(column, rows) }),
    })),
    rows: rows.map((row) => columns.map((column) => safeCell(column.value(row)))),
    parts: isPart ? rows.flatMap((row, at) => (isPart(row) ? [at] : [])) : [],
    bars: bar ? { priority: bar.priority, values: rows.map((row) => bar.value(row)) } : null,
    isEmpty: isEmptyResult(result),
    empty,
    notes,
    showing,
    order,
    maxRows,
    json: result.json(rows),
    lines:
      drawing && drawn
        ? (result.draw?.(markingStyle(drawing.glyphs), drawing.width, drawn).map(spansOf) ?? null)
        : null,
  };
}

/** The result that data describes. Its texts are made safe for a terminal; its rows are their places in the data. */
export function resultOf(data: ReportData): ReportResult<number> {
  const { rows, bars, lines, order, maxRows, showing } = data;
  const parts = new Set(data.parts);
  return {
    columns: data.columns.map(({ total, ...head }, at): Column<number> => ({
      ...head,
      name: clean(head.name),
      value: (row) => rows[row]?.[at] ?? null,
      ...(total !== undefined && { total: () => total }),
    })),
    rows: rows.map((_, at) => at),
    isPart: (row) => parts.has(row),
    ...(bars && { bar: { priority: bars.priority, value: (row) => bars.values[row] ?? null } }),
    zone: data.timezone,
    isEmpty: data.isEmpty,
    empty: clean(data.empty, 1_000),
    notes: data.notes,
    ...(showing !== null && { showing }),
    ...(order !== null && { order }),
    ...(maxRows !== null && { maxRows }),
    ...(lines && { draw: (style) => lines.map((line) => lineOf(line, style)) }),
    json: () => data.json as object,
  };
}
