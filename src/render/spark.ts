import { padEnd, padStart } from "./format.ts";
import { clean, cut, type GlyphSet, type Style, width } from "../utils/terminal.ts";

const SPARKS: Readonly<Record<GlyphSet, string>> = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.:-=+*#" };
const HEAT: Readonly<Record<GlyphSet, string>> = { unicode: "·░▒▓█", ascii: ".:+*#" };
const EIGHTHS = "▏▎▍▌▋▊▉";

/** One character per value, scaled from 0 to the largest. Only 0 gets the lowest level; null (not known) is a space. */
export function sparkline(values: readonly (number | null)[], glyphs: GlyphSet): string {
  const most = largest(values);
  const levels = SPARKS[glyphs];
  const level = (value: number): number => (value > 0 ? Math.ceil((value / most) * (levels.length - 1)) : 0);
  return values.map((value) => (value === null ? " " : levels[level(value)])).join("");
}

/** A character of a heatmap, and the counts from `from` to `to` that it stands for. */
export interface Shade {
  readonly sign: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The shades of a heatmap over these counts, lightest first; the first is for 0. Each of the others stands for about as many
 * of the counts, so that a single large one does not leave the rest alike.
 */
export function shadesOf(counts: readonly number[], glyphs: GlyphSet): readonly Shade[] {
  const [none = "", ...signs] = HEAT[glyphs];
  const sorted = counts.filter((one) => one > 0).toSorted((a, b) => a - b);
  const quantiles = signs.map((_, at) => sorted[Math.ceil(((at + 1) / signs.length) * sorted.length) - 1] ?? 0);
  const bounds = [...new Set(quantiles)].filter((bound) => bound > 0);
  const shades = bounds.map((to, at): Shade => {
    const sign = signs[Math.round(((at + 1) / bounds.length) * signs.length) - 1] ?? "";
    return { sign, from: (bounds[at - 1] ?? 0) + 1, to };
  });
  return [{ sign: none, from: 0, to: 0 }, ...shades];
}

/** One shade per count; null (not known) is a space. */
export const heatRow = (counts: readonly (number | null)[], shades: readonly Shade[]): string =>
  counts
    .map((count) => (count === null ? " " : ((shades.find(({ to }) => count <= to) ?? shades.at(-1))?.sign ?? "")))
    .join("");

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
