import { printable } from "../utils/terminal.ts";

/**
 * Rows as RFC 4180 text: CRLF after each row, quotes where needed, null as an empty field, numbers in full. Escape
 * sequences are removed from text, and text that a spreadsheet would take for a formula gets a leading apostrophe, also
 * behind an indent (OWASP, CSV injection).
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
  // Spreadsheets in some locales use semicolons as separators.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
