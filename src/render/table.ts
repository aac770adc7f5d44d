import { clean, cut, duration, type Style, width } from "../utils/terminal.ts";
import { compactCount, count, money, padEnd, padStart, share } from "./format.ts";

/** A column of a table. Text stands on the left, all else on the right. */
export interface Column {
  readonly name: string;
  /** What its cells are: text, a count, integer micro-dollars, percent, milliseconds. */
  readonly kind: "text" | "integer" | "money" | "percent" | "duration";
  /** Where there is no room, the column with the lowest goes first, and of equal ones the rightmost. */
  readonly priority: number;
  /** Its texts may be cut, down to 12 columns, before a column goes. */
  readonly shorten?: boolean;
}

/** What a cell holds; null is what is not known or has no price: a dash and never 0, nothing where it is text. */
export type Cell = string | number | null;

/** How a table is written. */
export interface TableStyle {
  /** Columns of the terminal: no row is wider. */
  readonly width: number;
  readonly look: Style;
  /** A last row, set apart by a rule. */
  readonly totals?: readonly Cell[];
  /** The sentence that stands for a table without rows. */
  readonly empty: string;
}

const GAP = "  ";
const SHORTEST = 12;

/**
 * Rows as the lines of a table. Where they are too wide, counts are written short, then texts are cut that may be, then
 * columns go by their priority and are named in a last line.
 */
export function tableOf(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: TableStyle): string[] {
  const { look, totals } = style;
  const ellipsis = look.glyph("ellipsis");
  const fit = (line: string): string => cut(line, style.width, ellipsis);
  if (rows.length === 0) return [fit(style.empty)];

  const body = totals ? [...rows, totals] : rows;
  const drawn = columns.map((column, at): Drawn => {
    const draw = (compact: boolean): Form => {
      const cells = body.map((row) => cellText(column, row[at] ?? null, compact, look));
      return { cells, width: cells.reduce((most, cell) => Math.max(most, width(cell)), width(column.name)) };
    };
    const full = draw(false);
    return { ...column, full, short: column.kind === "integer" ? draw(true) : full };
  });

  let shown = drawn;
  let laid = layOut(shown, style.width);
  while (!laid.fits && shown.length > 1) {
    const least = Math.min(...shown.map(({ priority }) => priority));
    const first = shown.findLast(({ priority }) => priority === least);
    shown = shown.filter((column) => column !== first);
    laid = layOut(shown, style.width);
  }

  const line = (textOf: (column: Laid) => string): string =>
    fit(
      laid.columns
        .map((column) => aligned(column, cut(textOf(column), column.room, ellipsis)))
        .join(GAP)
        .trimEnd(),
    );
  const lines = body.map((_, row) => line(({ cells }) => cells[row] ?? ""));
  const last = totals ? lines.pop() : undefined;
  const rule = (look.glyphs === "ascii" ? "-" : "─").repeat(Math.min(totalWidth(laid.columns), style.width));
  const gone = drawn.filter((column) => !shown.includes(column)).map(({ name }) => name);
  return [
    look.paint(
      "name",
      line(({ name }) => name),
    ),
    ...lines,
    ...(last === undefined ? [] : [look.paint("quiet", rule), look.paint("pet", last)]),
    ...(gone.length === 0 ? [] : [look.paint("quiet", fit(`No room for: ${gone.join(", ")}`))]),
  ];
}

/** The cells of a column in one way of writing them, and the columns of the terminal that they and its name take. */
interface Form {
  readonly cells: readonly string[];
  readonly width: number;
}

interface Drawn extends Column {
  readonly full: Form;
  readonly short: Form;
}

interface Laid extends Column {
  readonly cells: readonly string[];
  /** Columns of the terminal that it gets. */
  room: number;
}

/** The first that fits of: all in full; counts short; texts cut as well. */
function layOut(shown: readonly Drawn[], room: number): { fits: boolean; columns: readonly Laid[] } {
  const inForm = (form: "full" | "short"): Laid[] =>
    shown.map((column) => ({ ...column, cells: column[form].cells, room: column[form].width }));
  const full = inForm("full");
  if (totalWidth(full) <= room) return { fits: true, columns: full };
  const short = inForm("short");
  const mayGive = short.filter(({ shorten }) => shorten === true);
  for (let over = totalWidth(short) - room; over > 0; over--) {
    const widest = mayGive.toSorted((a, b) => b.room - a.room)[0];
    if (!widest || widest.room <= SHORTEST) break;
    widest.room--;
  }
  return { fits: totalWidth(short) <= room, columns: short };
}

const totalWidth = (columns: readonly Laid[]): number =>
  columns.reduce((total, { room }) => total + room, GAP.length * (columns.length - 1));

const aligned = (column: Laid, text: string): string =>
  column.kind === "text" ? padEnd(text, column.room) : padStart(text, column.room);

function cellText(column: Column, cell: Cell, compact: boolean, look: Style): string {
  if (cell === null && column.kind === "text") return "";
  if (cell === null) return look.glyphs === "ascii" ? "-" : "—";
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
