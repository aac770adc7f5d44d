import { width } from "../utils/terminal.ts";

const MEGABYTE = 1_000_000;
const UNITS = ["", "k", "M", "B", "T"] as const;

/** A count with thousands separators: 1,234,567. */
export function count(value: number): string {
  const digits = String(Math.abs(Math.round(value)));
  return (value < 0 ? "-" : "") + digits.replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A count with at most four digits and a unit of thousands: 999, 1.2k, 12.3k, 345k, 1.2M. */
export function compactCount(value: number): string {
  let rest = Math.abs(Math.round(value));
  let unit = 0;
  // A value that would be rounded to 1000 gets the next unit.
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1_000;
    unit++;
  }
  const text = unit === 0 || rest >= 99.95 ? count(rest) : rest.toFixed(1);
  return `${value < 0 ? "-" : ""}${text}${UNITS[unit]}`;
}

/** Bytes in a unit that leaves a whole number before the decimal point. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < MEGABYTE) return `${(bytes / 1_000).toFixed(1)} kB`;
  return bytes < 1_000 * MEGABYTE
    ? `${(bytes / MEGABYTE).toFixed(1)} MB`
    : `${(bytes / MEGABYTE / 1_000).toFixed(2)} GB`;
}

/** Money from integer micro-dollars, rounded to cents: $1,234.56; "<$0.01" for positive amounts below one cent. */
export function money(micros: number): string {
  const sign = micros < 0 ? "-" : "";
  const amount = Math.abs(micros);
  if (amount > 0 && amount < 10_000) return `${sign}<$0.01`;
  const cents = Math.round(amount / 10_000);
  return `${sign}$${count(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, "0")}`;
}

/** A percentage with one decimal: 12.3%. 100 only for exactly 100, and 0.0 only for exactly 0. */
export function share(percent: number): string {
  if (percent > 0 && percent < 0.1) return "<0.1%";
  const tenths = Math.round(percent * 10) / 10;
  return `${(tenths === 100 && percent < 100 ? 99.9 : tenths).toFixed(1)}%`;
}

/** The text padded with spaces on the right to a display width. */
export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(columns - width(text), 0));

/** The text padded with spaces on the left to a display width. */
export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(columns - width(text), 0)) + text;
