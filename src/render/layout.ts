import { width } from "../utils/terminal.ts";
import type { Column } from "./columns.ts";

/** The blanks between two columns. */
export const GAP = "  ";
/** Width to which texts are cut before counts are abbreviated (36 is a whole session id), and to which they are cut at most. */
const LONG_TEXT_WIDTH = 36;
const MIN_TEXT_WIDTH = 16;
/** Widths that are kept free for bars, in the order of trying. */
const BAR_WIDTHS = [12, 5] as const;
const MAX_BAR_WIDTH = 24;

/** The lines of a column's head, its cells, and the display width of the widest of both, in one notation. */
interface Rendering {
  readonly head: readonly string[];
  readonly cells: readonly string[];
  readonly width: number;
}

type ColumnHead = Pick<Column<never>, "name" | "kind" | "priority" | "shorten">;

/** A column in full, and as short as its texts allow without being cut. */
export interface RenderedColumn extends ColumnHead {
  readonly full: Rendering;
  readonly short: Rendering;
}

/** A column in one of its notations, with the display width given to it. */
export interface SizedColumn extends ColumnHead, Omit<Rendering, "width"> {
  allottedWidth: number;
}

/** The columns for which there is width, the names of the others, and the widths of the columns together and of the bars. */
export interface Layout {
  readonly columns: readonly SizedColumn[];
  readonly hidden: readonly string[];
  readonly width: number;
  readonly barWidth: number;
}

/**
 * Fits columns into a width. Tries in turn: everything in full, with long texts cut; counts abbreviated and heads in two
 * lines; texts cut as well; all of these with smaller bars; then without the bars or the column of lowest priority.
 * `barPriority` is null without bars.
 */
export function layOut(rendered: readonly RenderedColumn[], maxWidth: number, barPriority: number | null): Layout {
  let shown = rendered;
  for (;;) {
    const lowest = Math.min(...shown.map(({ priority }) => priority));
    const canBeBare = barPriority === null || barPriority <= lowest || shown.length === 1;
    const barWidths = [...(barPriority === null ? [] : BAR_WIDTHS), ...(canBeBare ? [0] : [])];
    for (const bars of barWidths) {
      const reserved = bars === 0 ? 0 : GAP.length + bars;
      const columns = sizeColumns(shown, maxWidth - reserved);
      const free = maxWidth - totalWidth(columns);
      if (free < reserved && (bars > 0 || shown.length > 1)) continue;
      return {
        columns,
        hidden: rendered.filter((column) => !shown.includes(column)).map(({ name }) => name),
        width: Math.min(totalWidth(columns), maxWidth),
        barWidth: bars === 0 ? 0 : Math.min(free - GAP.length, MAX_BAR_WIDTH),
      };
    }
    const removed = shown.findLast(({ priority }) => priority === lowest);
    shown = shown.filter((column) => column !== removed);
  }
}

/** A column in one line of head and full cells. */
export const inFull = (name: string, cells: readonly string[]): Rendering => ({
  head: [name],
  cells,
  width: Math.max(width(name), widest(cells)),
});

/** A column in short cells. Its head takes two lines if it is wider than the cells. */
export function inShort(name: string, cells: readonly string[]): Rendering {
  const cellWidth = widest(cells);
  const head = splitHead(name, cellWidth);
  return { head, cells, width: Math.max(widest(head), cellWidth) };
}

/** A head that is wider than the cells, parted between words where its two lines are narrowest. */
function splitHead(name: string, cellWidth: number): readonly string[] {
  const words = name.split(" ");
  if (width(name) <= cellWidth || words.length === 1) return [name];
  const partings = words.slice(1).map((_, at) => [words.slice(0, at + 1).join(" "), words.slice(at + 1).join(" ")]);
  return partings.reduce((best, one) => (widest(one) < widest(best) ? one : best));
}

/** The display width of the widest text. */
const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, width(text)), 0);

/** The columns in full if long texts can be cut to make them fit, or else in short, with texts cut as far as they may be. */
function sizeColumns(shown: readonly RenderedColumn[], maxWidth: number): readonly SizedColumn[] {
  const full = cutTexts(sized(shown, "full"), maxWidth, LONG_TEXT_WIDTH);
  return totalWidth(full) <= maxWidth ? full : cutTexts(sized(shown, "short"), maxWidth, MIN_TEXT_WIDTH);
}

const sized = (shown: readonly RenderedColumn[], notation: "full" | "short"): SizedColumn[] =>
  shown.map((column) => ({ ...column, ...column[notation], allottedWidth: column[notation].width }));

/** Takes width from the widest texts that may be cut, down to `least` columns, until the columns fit. */
function cutTexts(columns: SizedColumn[], maxWidth: number, least: number): readonly SizedColumn[] {
  const texts = columns.filter(({ shorten }) => shorten === true);
  for (let excess = totalWidth(columns) - maxWidth; excess > 0; excess--) {
    const [longest] = texts.toSorted((a, b) => b.allottedWidth - a.allottedWidth);
    if (!longest || longest.allottedWidth <= least) break;
    longest.allottedWidth--;
  }
  return columns;
}

const totalWidth = (columns: readonly SizedColumn[]): number =>
  columns.reduce((total, { allottedWidth }) => total + allottedWidth, GAP.length * (columns.length - 1));
