import { clean, cut, duration, type Style, width } from "../utils/terminal.ts";
import { compactCount, count, money, padEnd, padStart, share } from "./format.ts";

/** A column of a table. Text is aligned left, everything else right. */
export interface Column {
  readonly name: string;
  /** The type of its cells: text, a count, integer micro-dollars, percent, milliseconds. */
  readonly kind: "text" | "integer" | "money" | "percent" | "duration";
  /** If the table is too wide, the column with the lowest priority is hidden first; of equal ones the rightmost. */
  readonly priority: number;
  /** Its texts may be cut, down to 12 columns, before a column is hidden. */
  readonly shorten?: boolean;
}

/** The value of a cell. null means not known or without a price: shown as a dash, or as nothing in a text column. */
export type Cell = string | number | null;

/** Options for rendering a table. */
export interface TableOptions {
  /** Width of the terminal in columns; no row is wider. */
  readonly width: number;
  readonly style: Style;
  /** A last row, separated by a line. */
  readonly totals?: readonly Cell[];
  /** The sentence shown for a table without rows. */
  readonly empty: string;
}

const GAP = "  ";
const MIN_TEXT_WIDTH = 12;

/**
 * Renders rows as the lines of a table. If it is too wide, counts are abbreviated, then texts that may be cut are cut,
 * then columns are hidden by priority and named in a last line.
 */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string[] {
  const { style, totals } = options;
  const ellipsis = style.glyph("ellipsis");
  const fit = (line: string): string => cut(line, options.width, ellipsis);
  if (rows.length === 0) return [fit(options.empty)];

  const body = totals ? [...rows, totals] : rows;
  const rendered = columns.map((column, at): RenderedColumn => {
    const render = (compact: boolean): RenderedCells => {
      const cells = body.map((row) => cellText(column, row[at] ?? null, compact, style));
      return { cells, width: cells.reduce((most, cell) => Math.max(most, width(cell)), width(column.name)) };
    };
    const full = render(false);
    return { ...column, full, short: column.kind === "integer" ? render(true) : full };
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
  const lines = body.map((_, row) => line(({ cells }) => cells[row] ?? ""));
  const last = totals ? lines.pop() : undefined;
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

interface RenderedColumn extends Column {
  readonly full: RenderedCells;
  readonly short: RenderedCells;
}

interface SizedColumn extends Column {
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
  column.kind === "text" ? padEnd(text, column.allottedWidth) : padStart(text, column.allottedWidth);

function cellText(column: Column, cell: Cell, compact: boolean, style: Style): string {
  if (cell === null && column.kind === "text") return "";
  if (cell === null) return style.glyphs === "ascii" ? "-" : "—";
  if (typeof cell === "string") return clean(cell);
  switch (column.kind) {
    case "integer":
      return compact ? compactCount(cell) : count(cell);
    case "money":
      return money(cell);
    case "percent":
      return share(cell);
    case "duration":
      return duration(cell);
    case "text":
      return String(cell);
  }
}
