import { cut, type Style, width } from "../utils/terminal.ts";
import { shownColumns, type Table, totalCells } from "./columns.ts";
import { cellText, valueFormats, padEnd, padStart } from "./format.ts";
import { GAP, inFull, inShort, layOut, type RenderedColumn, type SizedColumn } from "./layout.ts";
import { bar } from "./spark.ts";

/** Options for rendering a table. */
export interface TableOptions<Row> {
  /** Width of the terminal in columns; no row is wider. */
  readonly width: number;
  readonly style: Style;
  /** The rows to show, if not all; the totals are those of all. */
  readonly rows?: readonly Row[];
}

/** Renders rows as the lines of a table. Columns for which the terminal is too narrow are named in a last line. */
export function tableOf<Row>(table: Table<Row>, options: TableOptions<Row>): string[] {
  const { style, rows = table.rows } = options;
  const ellipsis = style.glyph("ellipsis");
  const fit = (line: string): string => cut(line, options.width, ellipsis);
  if (rows.length === 0) return [fit(table.empty)];

  const totals = totalCells(table);
  const rendered = shownColumns(table).map((column, at): RenderedColumn => {
    const values = [...rows.map((row) => column.value(row)), ...(totals ? [totals[at] ?? null] : [])];
    const render = (isCompact: boolean): string[] =>
      values.map((cell) => cellText(column.kind, cell, table.zone, style.glyphs, isCompact));
    const full = render(false);
    const short = valueFormats[column.kind].compact ? render(true) : full;
    return { ...column, full: inFull(column.name, full), short: inShort(column.name, short) };
  });
  // One bar has nothing to be compared with.
  const bars = rows.length > 1 ? rows.map((row) => table.bar?.value(row) ?? 0) : [];
  const largest = bars.reduce((most, one) => Math.max(most, one), 0);
  const layout = layOut(rendered, options.width, largest > 0 && table.bar ? table.bar.priority : null);

  const line = (textOf: (column: SizedColumn) => string | undefined): string =>
    fit(
      layout.columns
        .map((column) => aligned(column, cut(textOf(column) ?? "", column.allottedWidth, ellipsis)))
        .join(GAP)
        .trimEnd(),
    );
  const headLines = Math.max(...layout.columns.map(({ head }) => head.length));
  const heads = Array.from({ length: headLines }, (_, at) => line(({ head }) => head[at - headLines + head.length]));
  const lines = rows.map((row, at) => {
    const text = line(({ cells }) => cells[at]);
    const drawn = bar(bars[at] ?? 0, largest, layout.barWidth, style.glyphs);
    const [role, barRole] = table.isPart?.(row) ? (["quiet", "quiet"] as const) : (["plain", "name"] as const);
    return (
      style.paint(role, text) + (drawn && padEnd("", layout.width - width(text)) + GAP + style.paint(barRole, drawn))
    );
  });
  const rule = (style.glyphs === "ascii" ? "-" : "─").repeat(layout.width);
  return [
    ...heads.map((head) => style.paint("name", head)),
    ...lines,
    ...(totals
      ? [
          style.paint("quiet", rule),
          style.paint(
            "pet",
            line(({ cells }) => cells.at(-1)),
          ),
        ]
      : []),
    ...(layout.hidden.length > 0 ? [style.paint("quiet", fit(`Too narrow for: ${layout.hidden.join(", ")}`))] : []),
  ];
}

const aligned = (column: SizedColumn, text: string): string =>
  valueFormats[column.kind].isText ? padEnd(text, column.allottedWidth) : padStart(text, column.allottedWidth);
