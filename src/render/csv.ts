import { printable } from "../utils/terminal.ts";
import { shownColumns, type Table } from "./columns.ts";
import { type Cell, cellInCsv, headInCsv, type ValueKind } from "./format.ts";

/**
 * A table as RFC 4180 text, without totals: CRLF after each row, quotes where needed, null as an empty field. Heads name the
 * unit of their values. Escape sequences are removed from text, and text that a spreadsheet would take for a formula gets a leading apostrophe, also
 * behind an indent (OWASP, CSV injection).
 */
export function csvOf<Row>({ columns, rows }: Pick<Table<Row>, "columns" | "rows">): string {
  const shown = shownColumns({ columns });
  return csvOfCells(
    shown.map(({ name, kind }) => ({ name: safeText(name), kind })),
    rows.map((row) => shown.map(({ value }) => safeCell(value(row)))),
  );
}

/** A cell whose text has no escape sequences and controls; lines are kept. */
export const safeCell = (cell: Cell): Cell => (typeof cell === "string" ? safeText(cell) : cell);

const safeText = (text: string): string =>
  text
    .split("\r")
    .map((part) => printable(part))
    .join("\r");

/** The same of rows of cells whose texts are safe. Also runs in a browser. */
export function csvOfCells(
  columns: readonly { readonly name: string; readonly kind: ValueKind }[],
  rows: readonly (readonly Cell[])[],
): string {
  const cells = rows.map((row) => columns.map(({ kind }, at) => cellInCsv(kind, row[at] ?? null)));
  return [columns.map(({ kind, name }) => headInCsv(kind, name)), ...cells]
    .map((row) => `${row.map(field).join(",")}\r\n`)
    .join("");
}

function field(text: Cell): string {
  if (text === null) return "";
  if (typeof text === "number") return String(text);
  const safe = /^(?:[=+\-@\t\r＝＋－＠]|\s{2,}[=+\-@])/.test(text) ? `'${text}` : text;
  // Spreadsheets in some locales use semicolons as separators.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
