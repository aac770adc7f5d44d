import { width } from "../utils/terminal.ts";

const MEGABYTE = 1_000_000;
const UNITS = ["", "k", "M", "B", "T"] as const;

/** A count with thousands separators: 1,234,567. */
export function count(value: number): string {
  const digits = String(Math.abs(Math.round(value)));
  return (value < 0 ? "-" : "") + digits.replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A count in at most four digits and a unit of thousands: 999, 1.2k, 12.3k, 345k, 1.2M. */
export function compactCount(value: number): string {
  let rest = Math.abs(Math.round(value));
  let unit = 0;
  // What would be rounded to 1000 is one of the next unit.
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1_000;
    unit++;
  }
  const text = unit === 0 || rest >= 99.95 ? count(rest) : rest.toFixed(1);
  return `${value < 0 ? "-" : ""}${text}${UNITS[unit]}`;
}

/** Bytes in the largest unit that leaves a whole number before the point. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < MEGABYTE) return `${(bytes / 1_000).toFixed(1)} kB`;
  return bytes < 1_000 * MEGABYTE
    ? `${(bytes / MEGABYTE).toFixed(1)} MB`
    : `${(bytes / MEGABYTE / 1_000).toFixed(2)} GB`;
}

/** Money from integer micro-dollars, to the nearest cent: $1,234.56; "<$0.01" where there is some, but less than a cent. */
export function money(micros: number): string {
  const sign = micros < 0 ? "-" : "";
  const amount = Math.abs(micros);
  if (amount > 0 && amount < 10_000) return `${sign}<$0.01`;
  const cents = Math.round(amount / 10_000);
  return `${sign}$${count(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, "0")}`;
}

/** A percentage to one decimal: 12.3%. 100 only where nothing is missing, 0.0 only where there is nothing. */
export function share(percent: number): string {
  if (percent > 0 && percent < 0.1) return "<0.1%";
  const tenths = Math.round(percent * 10) / 10;
  return `${(tenths === 100 && percent < 100 ? 99.9 : tenths).toFixed(1)}%`;
}

/** The text with spaces behind it, up to so many columns. */
export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(columns - width(text), 0));

/** The text with spaces before it, up to so many columns. */
export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(columns - width(text), 0)) + text;
