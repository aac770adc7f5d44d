import { padEnd, padStart } from "./format.ts";
import { clean, cut, type GlyphSet, type Style, width } from "../utils/terminal.ts";

const SPARKS: Readonly<Record<GlyphSet, string>> = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.:-=+*#" };
const HEAT: Readonly<Record<GlyphSet, string>> = { unicode: "·░▒▓█", ascii: ".:+*#" };
const EIGHTHS = "▏▎▍▌▋▊▉";

/** One character for each value, from 0 to the largest; only 0 is lowest, null (not known) is a space. */
export function sparkline(values: readonly (number | null)[], glyphs: GlyphSet): string {
  return cellsOf(values, largest(values), SPARKS[glyphs]);
}

/** One shade for each value, from 0 to `most`, which the rows of one heatmap share; null (not known) is a space. */
export function heatRow(values: readonly (number | null)[], most: number, glyphs: GlyphSet): string {
  return cellsOf(values, most, HEAT[glyphs]);
}

/** A bar of at most `cells` columns for a value from 0 to `most`; nothing only for 0. */
export function bar(value: number, most: number, cells: number, glyphs: GlyphSet): string {
  if (!(value > 0) || most <= 0 || cells <= 0) return "";
  const eighths = Math.max(Math.round(Math.min(value / most, 1) * cells * 8), 1);
  if (glyphs === "ascii") return "#".repeat(Math.ceil(eighths / 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[(eighths % 8) - 1] ?? "");
}

/** One row for each item, at most `width` columns wide: its label, a bar against the largest, and what it comes to. */
export function barChart(
  items: readonly { readonly label: string; readonly value: number; readonly text: string }[],
  look: Style,
  columns: number,
): string[] {
  const most = largest(items.map(({ value }) => value));
  const labels = items.map(({ label }) => cut(clean(label), Math.floor(columns / 3), look.glyph("ellipsis")));
  const labelWidth = Math.max(0, ...labels.map(width));
  const textWidth = Math.max(0, ...items.map(({ text }) => width(text)));
  const room = columns - labelWidth - textWidth - 4;
  return items.map(({ value, text }, index) => {
    const label = padEnd(labels[index] ?? "", labelWidth);
    const drawn = bar(value, most, room, look.glyphs);
    const row = `${label}  ${look.paint("name", drawn)}${" ".repeat(Math.max(room - width(drawn), 0))}  ${padStart(text, textWidth)}`;
    return cut(row, columns, look.glyph("ellipsis"));
  });
}

const largest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((most, one) => Math.max(most, one ?? 0), 0);

function cellsOf(values: readonly (number | null)[], most: number, levels: string): string {
  const top = levels.length - 1;
  const level = (value: number): number => (value > 0 && most > 0 ? Math.min(Math.ceil((value / most) * top), top) : 0);
  return values.map((value) => (value === null ? " " : levels[level(value)])).join("");
}
