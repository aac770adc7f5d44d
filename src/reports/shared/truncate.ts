import { tableOf } from "../../render/table.ts";
import { count } from "../../render/format.ts";
import { cut, type Style } from "../../utils/terminal.ts";
import type { Table } from "../../render/columns.ts";

/** Rows of a long table that are shown in a terminal. */
const MAX_ROWS = 40;

/**
 * Returns a function that draws the first or last rows of a long table and the number of hidden ones, or undefined for a
 * short table. CSV and JSON have all rows.
 */
export function truncateTable<Row>(
  table: Table<Row>,
  kept: "first" | "last",
): ((style: Style, width: number) => string[]) | undefined {
  const hidden = table.rows.length - MAX_ROWS;
  if (hidden <= 0) return undefined;
  const rows = kept === "first" ? table.rows.slice(0, MAX_ROWS) : table.rows.slice(hidden);
  const where = kept === "first" ? "below" : "above";
  return (style, width) => [
    ...tableOf(table, { width, style, rows }),
    style.paint(
      "quiet",
      cut(`${count(hidden)} more ${where}: --json and --csv have all`, width, style.glyph("ellipsis")),
    ),
  ];
}

/** Wraps a sentence between words into indented lines of at most `width` columns. */
export function wrapWords(sentence: string, width: number, indent = 0): string[] {
  const lines = [""];
  for (const word of sentence.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && Bun.stringWidth(`${line} ${word}`) > width - indent) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => " ".repeat(indent) + line);
}

/** Joins pieces of text into lines of at most `width` columns; later lines are indented, longer pieces are cut. */
export function wrapItems(pieces: readonly string[], width: number, indent: number, style: Style): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const joined = last === undefined ? piece : `${last}  ${piece}`;
    if (last === undefined) lines.push(piece);
    else if (Bun.stringWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(" ".repeat(indent) + piece);
  }
  return lines.map((line) => cut(line, width, style.glyph("ellipsis")));
}
