import { localClock, type Zone } from "../model/calendar.ts";
import { clean, duration, type GlyphSet, width } from "../utils/terminal.ts";

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

/** A ratio with one decimal: 4.1x; 0.0x only for exactly 0. */
export const times = (ratio: number): string => (ratio > 0 && ratio < 0.1 ? "<0.1x" : `${ratio.toFixed(1)}x`);

/** Integer micro-dollars as dollars, for programs. */
export const dollars = (micros: number | null): number | null => (micros === null ? null : micros / 1e6);

/** Local date and time of an instant (epoch ms): 2026-11-20 14:10. */
export const stampOf = (zone: Zone, ms: number): string =>
  localClock(zone, ms).slice(0, "YYYY-MM-DDTHH:MM".length).replace("T", " ");

/** Epoch milliseconds as ISO 8601 UTC for programs, null for null. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/**
 * The value of a cell. null means not known or without a price: shown as a dash, or as nothing where a text is expected. A
 * text is shown as it is in a cell of any kind.
 */
export type Cell = string | number | null;

/** How the values of a kind are written. */
interface ValueFormat {
  /** Aligned left, and null is shown as nothing. */
  readonly isText?: true;
  /** `stamp` writes an instant (epoch ms). */
  text(value: number, stamp: (ms: number) => string): string;
  /** A shorter text for tables that are too wide. */
  compact?(value: number): string;
  /** The value in JSON, where it is not the number. */
  json?(value: number): unknown;
  /** The unit of the values in CSV, which the head of a column names; absent for texts and plain counts. */
  readonly unit?: string;
  /** The value in CSV in that unit, where it is not the number. */
  csv?(value: number): Cell;
}

/** A number without the noise of binary fractions; millionths are kept. */
const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;
const seconds = (ms: number): number => ms / 1_000;

const formats = {
  text: { isText: true, text: String },
  /** A local date or month as a text: 2026-11-20, 2026-11. */
  date: { isText: true, text: String },
  /** Epoch milliseconds; ISO 8601 UTC in CSV and JSON. */
  time: { isText: true, text: (ms, stamp) => stamp(ms), json: isoOrNull, unit: "UTC", csv: isoOrNull },
  integer: { text: count, compact: compactCount },
  tokens: { text: count, compact: compactCount, unit: "tokens" },
  /** Integer micro-dollars; dollars in CSV and JSON. */
  money: { text: money, json: dollars, unit: "USD", csv: dollars },
  percent: { text: share, unit: "%", csv: tidy },
  factor: { text: times, csv: tidy },
  /** Milliseconds; seconds in CSV. */
  duration: { text: duration, unit: "s", csv: seconds },
  /** Milliseconds of something short; seconds in CSV. */
  latency: { text: (ms) => `${count(ms)} ms`, compact: shortLatency, unit: "s", csv: seconds },
} satisfies Readonly<Record<string, ValueFormat>>;

/** Seconds with one decimal from 1 s on: 8.2 s, 349 ms. */
function shortLatency(ms: number): string {
  return Math.round(ms) < 1_000 ? `${count(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** The kind of the values of a column. */
export type ValueKind = keyof typeof formats;

/** How values are written in tables, CSV and JSON, by their kind. */
export const valueFormats: Readonly<Record<ValueKind, ValueFormat>> = formats;

/** A cell in a table. */
export function cellText(kind: ValueKind, cell: Cell, zone: Zone, glyphs: GlyphSet, isCompact: boolean): string {
  const { isText, text, compact = text } = valueFormats[kind];
  if (cell === null) return isText ? "" : glyphs === "ascii" ? "-" : "—";
  return typeof cell === "string" ? clean(cell) : (isCompact ? compact : text)(cell, (ms) => stampOf(zone, ms));
}

/** A cell in CSV: a number in full, in the unit of its kind. */
export const cellInCsv = (kind: ValueKind, cell: Cell): Cell =>
  typeof cell === "number" ? (valueFormats[kind].csv ?? Number)(cell) : cell;

/** The head of a column in CSV: "Cost (USD)"; the name alone where its values have no unit or the name is the unit. */
export function headInCsv(kind: ValueKind, name: string): string {
  const { unit } = valueFormats[kind];
  return unit === undefined || name.toLowerCase() === unit ? name : `${name} (${unit})`;
}

/** A cell in JSON. */
export const cellInJson = (kind: ValueKind, cell: Cell): unknown =>
  typeof cell === "number" ? (valueFormats[kind].json ?? Number)(cell) : cell;

/** The text padded with spaces on the right to a display width. */
export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(columns - width(text), 0));

/** The text padded with spaces on the left to a display width. */
export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(columns - width(text), 0)) + text;
