import { printable } from "../utils/terminal.ts";

/**
 * Rows as RFC 4180 text: CRLF after each, quotes where needed, null as nothing. Numbers are written in full. Text loses
 * escape sequences, and gets an apostrophe in front where a spreadsheet would take it for a formula (OWASP, CSV injection),
 * also behind an indent.
 */
export function csvOf(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(cell: string | number | null): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = cell
    .split("\r")
    .map((part) => printable(part))
    .join("\r");
  const safe = /^(?:[=+\-@\t\r＝＋－＠]|\s{2,}[=+\-@])/.test(text) ? `'${text}` : text;
  // Spreadsheets of some countries separate cells by semicolons.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
