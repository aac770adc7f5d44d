import { tableOf } from "../../render/table.ts";
import { count } from "../../render/format.ts";
import { cut, type Style } from "../../utils/terminal.ts";
import type { ReportResult } from "./question.ts";

/** As many rows of a long list as people look at. */
const MOST = 40;

/** Draws only the first or the last rows of a long table, and says how many more there are: CSV and JSON have all. */
export function truncateTable(
  { columns, rows, totals, empty }: Pick<ReportResult, "columns" | "rows" | "totals" | "empty">,
  kept: "first" | "last",
): ((look: Style, width: number) => string[]) | undefined {
  const more = rows.length - MOST;
  if (more <= 0) return undefined;
  const few = kept === "first" ? rows.slice(0, MOST) : rows.slice(more);
  const where = kept === "first" ? "below" : "above";
  return (look, width) => [
    ...tableOf(columns, few, { width, look, empty, ...(totals && { totals }) }),
    look.paint("quiet", cut(`${count(more)} more ${where}: --json and --csv have all`, width, look.glyph("ellipsis"))),
  ];
}

/** A sentence in lines of at most so many columns, each indented, broken between words. */
export function wrapWords(sentence: string, width: number, indent = 0): string[] {
  const lines = [""];
  for (const word of sentence.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && Bun.stringWidth(`${line} ${word}`) > width - indent) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => " ".repeat(indent) + line);
}

/** Pieces of text in as many lines as they need, those after the first indented; nothing is wider than `width` columns. */
export function wrapItems(pieces: readonly string[], width: number, indent: number, look: Style): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const joined = last === undefined ? piece : `${last}  ${piece}`;
    if (last === undefined) lines.push(piece);
    else if (Bun.stringWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(" ".repeat(indent) + piece);
  }
  return lines.map((line) => cut(line, width, look.glyph("ellipsis")));
}
