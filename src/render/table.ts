import { cut, type Style, width } from "../utils/terminal.ts";
import { type Column, shownColumns, type Table, totalCells } from "./columns.ts";
import { cellText, valueFormats, padEnd, padStart } from "./format.ts";
import { bar } from "./spark.ts";

/** Options for rendering a table. */
export interface TableOptions<Row> {
  /** Width of the terminal in columns; no row is wider. */
  readonly width: number;
  readonly style: Style;
  /** The rows to show, if not all; the totals are those of all. */
  readonly rows?: readonly Row[];
}

const GAP = "  ";
const MIN_TEXT_WIDTH = 16;
/** Widths for which bars are given columns, in the order of trying; 0 is no bar. */
const BAR_WIDTHS = [12, 6, 0] as const;
const MAX_BAR_WIDTH = 24;

/**
 * Renders rows as the lines of a table. If it is too wide, counts are abbreviated, then texts that may be cut are cut, then
 * the bars are left out, then columns are hidden by priority and named in a last line.
 */
export function tableOf<Row>(table: Table<Row>, options: TableOptions<Row>): string[] {
  const { style, rows = table.rows } = options;
  const ellipsis = style.glyph("ellipsis");
  const fit = (line: string): string => cut(line, options.width, ellipsis);
  if (rows.length === 0) return [fit(table.empty)];

  const totals = totalCells(table);
  const rendered = shownColumns(table).map((column, at): RenderedColumn => {
    const values = [...rows.map((row) => column.value(row)), ...(totals ? [totals[at] ?? null] : [])];
    const render = (isCompact: boolean): RenderedCells => {
      const cells = values.map((cell) => cellText(column.kind, cell, table.zone, style.glyphs, isCompact));
      return { cells, width: cells.reduce((most, cell) => Math.max(most, width(cell)), width(column.name)) };
    };
    const full = render(false);
    return { ...column, full, short: valueFormats[column.kind].compact ? render(true) : full };
  });

  const bars = rows.length > 1 ? rows.map((row) => table.bar?.(row) ?? 0) : [];
  const mostOfBars = bars.reduce((most, one) => Math.max(most, one), 0);
  const barWidths = mostOfBars > 0 ? BAR_WIDTHS : ([0] as const);
  let shown = rendered;
  let layout = layOut(shown, options.width, barWidths);
  while (!layout.fits && shown.length > 1) {
    const lowest = Math.min(...shown.map(({ priority }) => priority));
    const removed = shown.findLast(({ priority }) => priority === lowest);
    shown = shown.filter((column) => column !== removed);
    layout = layOut(shown, options.width, barWidths);
  }

  const { barWidth } = layout;
  const tableWidth = Math.min(totalWidth(layout.columns), options.width);
  const line = (textOf: (column: SizedColumn) => string): string =>
    fit(
      layout.columns
        .map((column) => aligned(column, cut(textOf(column), column.allottedWidth, ellipsis)))
        .join(GAP)
        .trimEnd(),
    );
  const lines = rows.map((row, at) => {
    const text = line(({ cells }) => cells[at] ?? "");
    const drawn = bar(bars[at] ?? 0, mostOfBars, barWidth, style.glyphs);
    const [role, barRole] = table.isPart?.(row) ? (["quiet", "quiet"] as const) : (["plain", "name"] as const);
    const gap = padEnd("", tableWidth - width(text)) + GAP;
    return style.paint(role, text) + (drawn && gap + style.paint(barRole, drawn));
  });
  const last = totals ? line(({ cells }) => cells.at(-1) ?? "") : undefined;
  const rule = (style.glyphs === "ascii" ? "-" : "─").repeat(tableWidth);
  const hidden = rendered.filter((column) => !shown.includes(column)).map(({ name }) => name);
  return [
    style.paint(
      "name",
      line(({ name }) => name),
    ),
    ...lines,
    ...(last === undefined ? [] : [style.paint("quiet", rule), style.paint("pet", last)]),
    ...(hidden.length === 0 ? [] : [style.paint("quiet", fit(`Too narrow for: ${hidden.join(", ")}`))]),
  ];
}

/** The cells of a column in one notation, and the display width of the widest of them and the name. */
interface RenderedCells {
  readonly cells: readonly string[];
  readonly width: number;
}

type ColumnHead = Pick<Column<never>, "name" | "kind" | "priority" | "shorten">;

interface RenderedColumn extends ColumnHead {
  readonly full: RenderedCells;
  readonly short: RenderedCells;
}

interface SizedColumn extends ColumnHead {
  readonly cells: readonly string[];
  /** Display width given to the column. */
  allottedWidth: number;
}

/** Columns with their widths, and the width of the bars. */
interface Layout {
  readonly fits: boolean;
  readonly columns: readonly SizedColumn[];
  readonly barWidth: number;
}

/** The layout with the widest bars that fits, or else the last one; the bars then take what the columns leave. */
function layOut(shown: readonly RenderedColumn[], maxWidth: number, barWidths: readonly number[]): Layout {
  let layout: Layout = { fits: false, columns: [], barWidth: 0 };
  for (const bars of barWidths) {
    const reserved = bars === 0 ? 0 : bars + GAP.length;
    const columns = sizeColumns(shown, maxWidth - reserved);
    const free = maxWidth - totalWidth(columns);
    const barWidth = bars === 0 ? 0 : Math.min(free - GAP.length, MAX_BAR_WIDTH);
    layout = { fits: free >= reserved, columns, barWidth };
    if (layout.fits) break;
  }
  return layout;
}

/** Tries in turn: everything in full; counts abbreviated; texts cut as well. Returns the first that fits, or else the last. */
function sizeColumns(shown: readonly RenderedColumn[], maxWidth: number): readonly SizedColumn[] {
  const sized = (notation: "full" | "short"): SizedColumn[] =>
    shown.map((column) => ({ ...column, cells: column[notation].cells, allottedWidth: column[notation].width }));
  const full = sized("full");
  if (totalWidth(full) <= maxWidth) return full;
  const short = sized("short");
  const shrinkable = short.filter(({ shorten }) => shorten === true);
  for (let excess = totalWidth(short) - maxWidth; excess > 0; excess--) {
    const widest = shrinkable.toSorted((a, b) => b.allottedWidth - a.allottedWidth)[0];
    if (!widest || widest.allottedWidth <= MIN_TEXT_WIDTH) break;
    widest.allottedWidth--;
  }
  return short;
}

const totalWidth = (columns: readonly SizedColumn[]): number =>
  columns.reduce((total, { allottedWidth }) => total + allottedWidth, GAP.length * (columns.length - 1));

const aligned = (column: SizedColumn, text: string): string =>
  valueFormats[column.kind].isText ? padEnd(text, column.allottedWidth) : padStart(text, column.allottedWidth);
