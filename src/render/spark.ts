import { padEnd, padStart } from "./format.ts";
import { clean, cut, type GlyphSet, type Style, width } from "../utils/terminal.ts";

const SPARKS: Readonly<Record<GlyphSet, string>> = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.:-=+*#" };
const HEAT: Readonly<Record<GlyphSet, string>> = { unicode: "·░▒▓█", ascii: ".:+*#" };
const EIGHTHS = "▏▎▍▌▋▊▉";

/** One character per value, scaled from 0 to the largest. Only 0 gets the lowest level; null (not known) is a space. */
export function sparkline(values: readonly (number | null)[], glyphs: GlyphSet): string {
  return cellsOf(values, largest(values), SPARKS[glyphs]);
}

/** One shade per value, scaled from 0 to `most`, which the rows of a heatmap share; null (not known) is a space. */
export function heatRow(values: readonly (number | null)[], most: number, glyphs: GlyphSet): string {
  return cellsOf(values, most, HEAT[glyphs]);
}

/** A bar of at most `cells` columns for a value from 0 to `most`; empty only for 0. */
export function bar(value: number, most: number, cells: number, glyphs: GlyphSet): string {
  if (!(value > 0) || most <= 0 || cells <= 0) return "";
  const eighths = Math.max(Math.round(Math.min(value / most, 1) * cells * 8), 1);
  if (glyphs === "ascii") return "#".repeat(Math.ceil(eighths / 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[(eighths % 8) - 1] ?? "");
}

/** One row per item, at most `columns` wide: its label, a bar in proportion to the largest value, and its text. */
export function barChart(
  items: readonly { readonly label: string; readonly value: number; readonly text: string }[],
  style: Style,
  columns: number,
): string[] {
  const most = largest(items.map(({ value }) => value));
  const labels = items.map(({ label }) => cut(clean(label), Math.floor(columns / 3), style.glyph("ellipsis")));
  const labelWidth = Math.max(0, ...labels.map(width));
  const textWidth = Math.max(0, ...items.map(({ text }) => width(text)));
  const barWidth = columns - labelWidth - textWidth - 4;
  return items.map(({ value, text }, index) => {
    const label = padEnd(labels[index] ?? "", labelWidth);
    const filled = bar(value, most, barWidth, style.glyphs);
    const row = `${label}  ${style.paint("name", filled)}${" ".repeat(Math.max(barWidth - width(filled), 0))}  ${padStart(text, textWidth)}`;
    return cut(row, columns, style.glyph("ellipsis"));
  });
}

const largest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((most, one) => Math.max(most, one ?? 0), 0);

function cellsOf(values: readonly (number | null)[], most: number, levels: string): string {
  const top = levels.length - 1;
  const level = (value: number): number => (value > 0 && most > 0 ? Math.min(Math.ceil((value / most) * top), top) : 0);
  return values.map((value) => (value === null ? " " : levels[level(value)])).join("");
}
