import { printable } from "../utils/terminal.ts";
import { shownColumns, type Table } from "./columns.ts";
import { type Cell, cellInCsv, headInCsv } from "./format.ts";

/**
 * A table as RFC 4180 text, without totals: CRLF after each row, quotes where needed, null as an empty field. Heads name the
 * unit of their values. Escape sequences are removed from text, and text that a spreadsheet would take for a formula gets a leading apostrophe, also
 * behind an indent (OWASP, CSV injection).
 */
export function csvOf<Row>({ columns, rows }: Pick<Table<Row>, "columns" | "rows">): string {
  const shown = shownColumns({ columns });
  const cells = rows.map((row) => shown.map((column) => cellInCsv(column.kind, column.value(row))));
  return [shown.map(({ kind, name }) => headInCsv(kind, name)), ...cells]
    .map((row) => `${row.map(field).join(",")}\r\n`)
    .join("");
}

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = cell
    .split("\r")
    .map((part) => printable(part))
    .join("\r");
  const safe = /^(?:[=+\-@\t\r＝＋－＠]|\s{2,}[=+\-@])/.test(text) ? `'${text}` : text;
  // Spreadsheets in some locales use semicolons as separators.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
