import { padEnd } from "../../../render/format.ts";
import { cut, type Style, width as widthOf } from "../../../utils/terminal.ts";

/** A part of the page: a title, and lines below it that fit the width and the rows it gets. */
export interface Panel {
  /** Without a title it has no title row. */
  readonly title: string;
  /** Which panels are left out last where there is not enough space; the highest is kept. */
  readonly priority: number;
  /** Rows below the title that it needs, and rows that it can use at a width. */
  readonly min: number;
  want(width: number): number;
  lines(width: number, rows: number): readonly string[];
}

/** Columns of panels side by side, above the columns of the next band. */
export type Band = readonly (readonly Panel[])[];

/** A panel of a layout, with the rows below its title. */
interface SizedPanel {
  readonly panel: Panel;
  readonly band: number;
  readonly column: number;
  readonly width: number;
  readonly want: number;
  rows: number;
}

/** Columns of the screen between two columns of panels. */
const GAP = 2;
/** The least width of a column of panels beside another, and the most columns. */
const [MIN_WIDTH, MAX_COLUMNS] = [55, 3];

/** How many columns of panels a screen of this width has. */
export const columnsFor = (width: number): number =>
  Math.max(Math.min(Math.floor((width + GAP) / (MIN_WIDTH + GAP)), MAX_COLUMNS), 1);

/**
 * Lays bands of panels out in at most `height` lines of at most `width` columns. Panels of high priority are kept first; the
 * rows that are left are given out one at a time, by priority.
 */
export function layOutPanels(bands: readonly Band[], width: number, height: number, style: Style): string[] {
  const candidates = bands.flatMap((columns, band) => {
    const columnWidth = Math.max(Math.floor((width - GAP * (columns.length - 1)) / columns.length), 1);
    return columns.flatMap((panels, column) =>
      panels.map((panel): SizedPanel => {
        const want = panel.want(columnWidth);
        return { panel, band, column, width: columnWidth, want, rows: Math.min(panel.min, want) };
      }),
    );
  });
  const byPriority = candidates.toSorted((a, b) => b.panel.priority - a.panel.priority);
  const kept: SizedPanel[] = [];
  for (const one of byPriority) if (one.want > 0 && heightOf([...kept, one]) <= height) kept.push(one);
  for (let isGrowing = true; isGrowing;) {
    isGrowing = false;
    for (const one of kept) {
      if (one.rows >= one.want) continue;
      one.rows++;
      if (heightOf(kept) <= height) isGrowing = true;
      else one.rows--;
    }
  }
  // In the order in which they were given.
  const shown = candidates.filter((one) => kept.includes(one));
  return [...Map.groupBy(shown, ({ band }) => band).values()]
    .flatMap((band) => linesOf(band, style))
    .map((line) => cut(line, width, style.glyph("ellipsis")));
}

const rowsOf = ({ panel, rows }: SizedPanel): number => rows + (panel.title === "" ? 0 : 1);

/** The height of the tallest column of each band, added up. */
function heightOf(panels: readonly SizedPanel[]): number {
  const heights = new Map<string, number>();
  for (const one of panels) {
    const key = `${one.band} ${one.column}`;
    heights.set(key, (heights.get(key) ?? 0) + rowsOf(one));
  }
  const tallest: number[] = [];
  for (const [key, rows] of heights) {
    const band = Number(key.split(" ")[0]);
    tallest[band] = Math.max(tallest[band] ?? 0, rows);
  }
  return tallest.reduce((sum, rows) => sum + (rows || 0), 0);
}

function linesOf(band: readonly SizedPanel[], style: Style): string[] {
  const columns: string[][] = [];
  for (const { panel, column, width, rows } of band) {
    const title = panel.title === "" ? [] : [titleLine(panel.title, width, style)];
    const lines = panel.lines(width, rows).slice(0, rows);
    const padded = [...title, ...lines, ...Array<string>(rows - lines.length).fill("")];
    (columns[column] ??= []).push(...padded.map((line) => cut(line, width, style.glyph("ellipsis"))));
  }
  const width = band[0]?.width ?? 0;
  const height = Math.max(...columns.map((column) => column?.length ?? 0));
  return Array.from({ length: height }, (_, row) =>
    Array.from(columns, (column) => padEnd(column?.[row] ?? "", width))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}

/** A title with a rule to the end of its width. */
function titleLine(title: string, width: number, style: Style): string {
  const rule = style.glyphs === "ascii" ? "-" : "─";
  const shown = cut(title, Math.max(width - 2, 0), style.glyph("ellipsis"));
  return `${style.paint("name", shown)} ${style.quiet(rule.repeat(Math.max(width - widthOf(shown) - 1, 0)))}`;
}
