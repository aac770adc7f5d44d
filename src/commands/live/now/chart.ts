import { padStart } from "../../../render/format.ts";
import { type GlyphSet, type Role, type Style, width as widthOf } from "../../../utils/terminal.ts";

/** Fillings of a cell from almost empty to full. */
const LEVELS: Readonly<Record<GlyphSet, string>> = { unicode: "▁▂▃▄▅▆▇█", ascii: ".:#" };
const MARKS: Readonly<Record<GlyphSet, string>> = { unicode: "│", ascii: "|" };

/** Values over time as columns. */
export interface ChartOptions {
  /** Null for a value that is not known. */
  readonly values: readonly (number | null)[];
  /** The largest value as text, beside the top row. */
  readonly text: (value: number) => string;
  /** Texts below the columns, by the index of a value, in order. */
  readonly labels: readonly (readonly [index: number, label: string])[];
  readonly role: Role;
}

/** Share of the values that must fit, one column each, for the oldest to be left out instead of taking means. */
const MIN_SHARE = 0.8;

/**
 * A chart of `rows` rows in at most `width` columns: one column or more for each value. Where a few too many, the oldest are left
 * out; where more, each column is the mean of several values. The last row has the labels.
 */
export function columnChart(options: ChartOptions, width: number, rows: number, style: Style): string[] {
  const { text, role } = options;
  const gutter = widthOf(text(largest(options.values)));
  const available = Math.max(width - gutter - 1, 1);
  const excess = options.values.length - available;
  const dropped = excess > 0 && available >= options.values.length * MIN_SHARE ? excess : 0;
  const values = options.values.slice(dropped);
  const perCell = Math.ceil(values.length / available);
  const means = Array.from({ length: Math.ceil(values.length / perCell) }, (_, cell) =>
    meanOf(values.slice(cell * perCell, (cell + 1) * perCell)),
  );
  const cellWidth = Math.max(Math.floor(available / means.length), 1);
  const most = largest(means);
  const height = Math.max(rows - 1, 1);
  const chart = Array.from({ length: height }, (_, row) => {
    const scale = row === 0 ? text(most) : row === height - 1 ? text(0) : "";
    const cells = means.map((mean) => cellOf(mean, most, height - 1 - row, height, style.glyphs).repeat(cellWidth));
    return `${style.quiet(padStart(scale, gutter))} ${style.paint(role, cells.join("").trimEnd())}`;
  });
  if (rows < 2) return chart;
  const columns = means.length * cellWidth;
  const below = options.labels.reduce((line, [place, label]) => {
    const index = Math.max(place - dropped, 0);
    const isLast = index >= values.length - 1;
    const at = isLast ? columns - widthOf(label) : Math.floor(index / perCell) * cellWidth;
    return place >= dropped && (at > widthOf(line) || line === "") ? line.padEnd(at) + label : line;
  }, "");
  return [...chart, style.quiet(`${" ".repeat(gutter)} ${below}`)];
}

const largest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);

/** The character of a value in a row of the chart, counted from the bottom. */
function cellOf(value: number | null, most: number, row: number, height: number, glyphs: GlyphSet): string {
  if (value === null || most <= 0 || value <= 0) return " ";
  const levels = LEVELS[glyphs];
  // A value above 0 is always seen.
  const filled = Math.max(Math.round((value / most) * height * levels.length), 1) - row * levels.length;
  return filled <= 0 ? " " : (levels[Math.min(filled, levels.length) - 1] ?? " ");
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** A bar of `cells` cells for a percentage in the style of the line, with a mark at another one. */
export function gauge(percent: number, mark: number | null, cells: number, role: Role, style: Style): string {
  const bar = style.bar(percent, cells);
  if (mark === null) return style.paint(role, bar);
  const at = Math.min(Math.floor((mark / 100) * cells), cells - 1);
  return (
    style.paint(role, bar.slice(0, at)) + style.paint("pet", MARKS[style.glyphs]) + style.paint(role, bar.slice(at + 1))
  );
}

/** The mark of a gauge. */
export const gaugeMark = (style: Style): string => MARKS[style.glyphs];
