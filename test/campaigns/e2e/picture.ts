import type { Screen, Span } from "./screen.ts";

const CELL = { width: 8.43, height: 19 };
const MARGIN = 14;
const FONT = "ui-monospace, 'SFMono-Regular', 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const PAPER = "#1e1e2e";
const INK = "#cdd6f4";
/** The sixteen basic colours of the terminal in the picture. */
const PALETTE =
  "#45475a #f38ba8 #a6e3a1 #f9e2af #89b4fa #f5c2e7 #94e2d5 #bac2de #7f849c #f38ba8 #a6e3a1 #f9e2af #89b4fa #f5c2e7 #94e2d5 #ffffff".split(
    " ",
  );

const hex = (value: number): string => `#${value.toString(16).padStart(6, "0")}`;
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => `&#${sign.codePointAt(0)};`);

/** Converts one of the 256 palette colours to hexadecimal. */
function paletteColour(index: number): string {
  if (index < 16) return PALETTE[index] ?? INK;
  if (index >= 232) return hex((8 + (index - 232) * 10) * 0x010101);
  const step = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const [red, green, blue] = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
  return hex((step(red) << 16) + (step(green) << 8) + step(blue));
}

function colourOf({ colour }: Span): string {
  if (colour === null) return INK;
  return typeof colour === "number" ? paletteColour(colour) : colour.rgb;
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

/** Draws a screen up to its last row with text as an SVG document. */
export async function screenPicture(screen: Screen, columns: number): Promise<string> {
  const rows = await screen.spans();
  return pictureOf(rows.slice(0, rows.findLastIndex((row) => textOf(row).trim() !== "") + 1), columns);
}

function pictureOf(shown: readonly (readonly Span[])[], columns: number): string {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = shown.length * CELL.height + 2 * MARGIN;
  const lines = shown.map((row, line) => {
    const y = MARGIN + CELL.height * line + 14;
    const spans = row.map((span) => {
      const x = MARGIN + span.column * CELL.width;
      const style = `${span.bold ? ' font-weight="bold"' : ""}${span.dim ? ' opacity="0.65"' : ""}`;
      const length = `textLength="${(span.width * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
      return `<text x="${x.toFixed(1)}" y="${y}" fill="${colourOf(span)}"${style} ${length}>${escaped(span.text)}</text>`;
    });
    return spans.join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="14" xml:space="preserve">`,
    `<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>`,
    ...lines,
    "</svg>\n",
  ].join("\n");
}
