import type { Screen, Span } from "./screen.ts";

const CELL = { width: 8.43, height: 19 };
const MARGIN = 14;
const FONT = "ui-monospace, 'SFMono-Regular', 'DejaVu Sans Mono', Menlo, Consolas, monospace";
/** The colours of a picture: background, text, and the sixteen basic colours of the terminal in it. */
interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly palette: readonly string[];
}

const COLOURS = {
  dark: {
    paper: "#1e1e2e",
    ink: "#cdd6f4",
    palette:
      "#45475a #f38ba8 #a6e3a1 #f9e2af #89b4fa #f5c2e7 #94e2d5 #bac2de #7f849c #f38ba8 #a6e3a1 #f9e2af #89b4fa #f5c2e7 #94e2d5 #ffffff".split(
        " ",
      ),
  },
  light: {
    paper: "#fafafa",
    ink: "#383a42",
    palette:
      "#383a42 #c72c21 #3e8a3d #9a6a00 #2f5fd0 #a626a4 #007a99 #8a8c93 #696c77 #c72c21 #3e8a3d #9a6a00 #2f5fd0 #a626a4 #007a99 #383a42".split(
        " ",
      ),
  },
} satisfies Readonly<Record<string, Colours>>;

/** The background of a picture. */
export type Background = keyof typeof COLOURS;
export const backgrounds: readonly Background[] = ["dark", "light"];

const hex = (value: number): string => `#${value.toString(16).padStart(6, "0")}`;
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => `&#${sign.codePointAt(0)};`);

/** Converts one of the 256 palette colours to hexadecimal. */
function paletteColour(index: number, { ink, palette }: Colours): string {
  if (index < 16) return palette[index] ?? ink;
  if (index >= 232) return hex((8 + (index - 232) * 10) * 0x010101);
  const step = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const [red, green, blue] = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
  return hex((step(red) << 16) + (step(green) << 8) + step(blue));
}

function colourOf({ colour }: Span, colours: Colours): string {
  if (colour === null) return colours.ink;
  return typeof colour === "number" ? paletteColour(colour, colours) : colour.rgb;
}

const textOf = (row: readonly Span[]): string => row.map(({ text }) => text).join("");

/** Draws the lower part of Claude Code's screen, from the prompt's upper rule on, as an SVG document. */
export async function promptPicture(screen: Screen, columns: number): Promise<string> {
  const rows = await screen.spans();
  const rules = rows.flatMap((row, index) => (/^─{20,}/.test(textOf(row)) ? [index] : []));
  return pictureOf(
    rows.slice(rules.at(-2) ?? 0).filter((row) => textOf(row).trim() !== ""),
    columns,
  );
}

/** Draws a screen up to its last row with text as an SVG document, below the command line that made it. */
export async function screenPicture(
  screen: Screen,
  columns: number,
  command: string,
  background: Background,
): Promise<string> {
  const rows = await screen.spans();
  const shown = rows.slice(0, rows.findLastIndex((row) => textOf(row).trim() !== "") + 1);
  const prompt = { text: `$ ${command}`, column: 0, width: command.length + 2, colour: 8, bold: false, dim: false };
  return pictureOf([[prompt], [], ...shown], columns, COLOURS[background]);
}

function pictureOf(shown: readonly (readonly Span[])[], columns: number, colours: Colours = COLOURS.dark): string {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = shown.length * CELL.height + 2 * MARGIN;
  const lines = shown.map((row, line) => {
    const top = MARGIN + CELL.height * line;
    const spans = joined(row).map((span) => {
      const style = `fill="${colourOf(span, colours)}"${span.bold ? ' font-weight="bold"' : ""}${span.dim ? ' opacity="0.65"' : ""}`;
      return isBlocks(span) ? blocksOf(span, top, style) : textAt(span, top, style);
    });
    return spans.join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="14" xml:space="preserve">`,
    `<rect width="100%" height="100%" rx="8" fill="${colours.paper}"/>`,
    ...lines.filter((line) => line !== ""),
    "</svg>\n",
  ].join("\n");
}

/** The parts of a span that are only block characters, and those that have none. */
function parts(span: Span): Span[] {
  let { column } = span;
  return span.text.split(BLOCK_RUN).map((text) => {
    const part = { ...span, text, column, width: Bun.stringWidth(text) };
    column += part.width;
    return part;
  });
}

/** Spans of one style with up to two blanks between them as one span, apart from block characters. */
function joined(row: readonly Span[]): Span[] {
  const spans: Span[] = [];
  for (const span of row.flatMap(parts).filter(({ text }) => text !== "")) {
    const last = spans.at(-1);
    const gap = last ? span.column - last.column - last.width : 0;
    const isSame = last && last.colour === span.colour && last.bold === span.bold && last.dim === span.dim;
    if (last && isSame && gap <= 2 && !isBlocks(last) && !isBlocks(span)) {
      const text = last.text + " ".repeat(gap) + span.text;
      spans[spans.length - 1] = { ...last, text, width: last.width + gap + span.width };
    } else spans.push(span);
  }
  return spans;
}

function textAt({ text, column, width }: Span, top: number, style: string): string {
  const x = (MARGIN + column * CELL.width).toFixed(1);
  const length = `textLength="${(width * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text x="${x}" y="${top + 14}" ${style} ${length}>${escaped(text)}</text>`;
}

/** Block characters: the part of the cell's width and height that each fills, from the left and from below, and its opacity. */
const BLOCKS: Readonly<Record<string, readonly [width: number, height: number, opacity: number]>> = {
  ...Object.fromEntries(Array.from("▏▎▍▌▋▊▉█", (sign, at) => [sign, [(at + 1) / 8, 1, 1]])),
  ...Object.fromEntries(Array.from("▁▂▃▄▅▆▇", (sign, at) => [sign, [1, (at + 1) / 8, 1]])),
  ...Object.fromEntries(Array.from("░▒▓", (sign, at) => [sign, [1, 1, [0.25, 0.45, 0.7][at] ?? 1]])),
};

const BLOCK_RUN = new RegExp(`([${Object.keys(BLOCKS).join("")}]+)`);

const isBlocks = ({ text }: Span): boolean => Array.from(text).every((sign) => BLOCKS[sign] !== undefined);

/** Block characters as one path for each opacity, so that they look the same in every font. */
function blocksOf({ text, column }: Span, top: number, style: string): string {
  const cells = Array.from(text, (sign, at) => ({ at, block: BLOCKS[sign] ?? ([1, 1, 1] as const) }));
  const paths = Map.groupBy(cells, ({ block }) => block[2]);
  return paths
    .entries()
    .map(([opacity, some]) => {
      const outlines = some.map(({ at, block: [width, height] }) => {
        const x = (MARGIN + (column + at) * CELL.width).toFixed(1);
        const full = CELL.height - 2;
        const y = (top + 1 + full * (1 - height)).toFixed(1);
        const across = (width * CELL.width + (width === 1 ? 0.1 : 0)).toFixed(1);
        return `M${x} ${y}h${across}v${(full * height).toFixed(1)}h-${across}z`;
      });
      return `<path d="${outlines.join("")}" ${style}${opacity === 1 ? "" : ` fill-opacity="${opacity}"`}/>`;
    })
    .toArray()
    .join("");
}
