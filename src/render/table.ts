import { cut, type Style, width } from "../utils/terminal.ts";
import { type Column, shownColumns, type Table, totalCells } from "./columns.ts";
import { cellText, valueFormats, padEnd, padStart } from "./format.ts";

/** Options for rendering a table. */
export interface TableOptions<Row> {
  /** Width of the terminal in columns; no row is wider. */
  readonly width: number;
  readonly style: Style;
  /** The rows to show, if not all; the totals are those of all. */
  readonly rows?: readonly Row[];
}

const GAP = "  ";
const MIN_TEXT_WIDTH = 12;

/**
 * Renders rows as the lines of a table. If it is too wide, counts are abbreviated, then texts that may be cut are cut,
 * then columns are hidden by priority and named in a last line.
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

  let shown = rendered;
  let layout = layOut(shown, options.width);
  while (!layout.fits && shown.length > 1) {
    const lowest = Math.min(...shown.map(({ priority }) => priority));
    const removed = shown.findLast(({ priority }) => priority === lowest);
    shown = shown.filter((column) => column !== removed);
    layout = layOut(shown, options.width);
  }

  const line = (textOf: (column: SizedColumn) => string): string =>
    fit(
      layout.columns
        .map((column) => aligned(column, cut(textOf(column), column.allottedWidth, ellipsis)))
        .join(GAP)
        .trimEnd(),
    );
  const lines = rows.map((_, row) => line(({ cells }) => cells[row] ?? ""));
  const last = totals ? line(({ cells }) => cells.at(-1) ?? "") : undefined;
  const rule = (style.glyphs === "ascii" ? "-" : "─").repeat(Math.min(totalWidth(layout.columns), options.width));
  const hidden = rendered.filter((column) => !shown.includes(column)).map(({ name }) => name);
  return [
    style.paint(
      "name",
      line(({ name }) => name),
    ),
    ...lines,
    ...(last === undefined ? [] : [style.paint("quiet", rule), style.paint("pet", last)]),
    ...(hidden.length === 0 ? [] : [style.paint("quiet", fit(`No room for: ${hidden.join(", ")}`))]),
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

/**
 * Tries in turn: everything in full; counts abbreviated; texts cut as well. Returns the first that fits, or else the
 * last.
 */
function layOut(
  shown: readonly RenderedColumn[],
  maxWidth: number,
): { fits: boolean; columns: readonly SizedColumn[] } {
  const sized = (notation: "full" | "short"): SizedColumn[] =>
    shown.map((column) => ({ ...column, cells: column[notation].cells, allottedWidth: column[notation].width }));
  const full = sized("full");
  if (totalWidth(full) <= maxWidth) return { fits: true, columns: full };
  const short = sized("short");
  const shrinkable = short.filter(({ shorten }) => shorten === true);
  for (let excess = totalWidth(short) - maxWidth; excess > 0; excess--) {
    const widest = shrinkable.toSorted((a, b) => b.allottedWidth - a.allottedWidth)[0];
    if (!widest || widest.allottedWidth <= MIN_TEXT_WIDTH) break;
    widest.allottedWidth--;
  }
  return { fits: totalWidth(short) <= maxWidth, columns: short };
}

const totalWidth = (columns: readonly SizedColumn[]): number =>
  columns.reduce((total, { allottedWidth }) => total + allottedWidth, GAP.length * (columns.length - 1));

const aligned = (column: SizedColumn, text: string): string =>
  valueFormats[column.kind].isText ? padEnd(text, column.allottedWidth) : padStart(text, column.allottedWidth);
