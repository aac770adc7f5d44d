import { wrapItems } from "../truncate.ts";
import type { HeatmapOf, ReportContext, ReportQuery, ReportResult } from "../report.ts";
import { dayName } from "../when.ts";
import { heatmapKinds, weeklyHours } from "./weekly-hours.ts";
import { type Column, totalledBy } from "../../../render/columns.ts";
import { type Cell, cellInJson, cellText, padEnd, padStart } from "../../../render/format.ts";
import { heatRow, type Shade, shadesOf, sparkline } from "../../../render/spark.ts";
import { cut, type Style } from "../../../utils/terminal.ts";

/** The first row, if --start-of-week does not say otherwise; Sunday is 0. */
const MONDAY = 1;
const weekFrom = (start: number): readonly number[] => Array.from({ length: 7 }, (_, day) => (start + day) % 7);
const HOURS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23] as const;

/** What a weekday has, by hour and in total; null for what has no price. */
interface Weekday {
  readonly name: string;
  readonly hours: readonly (number | null)[];
  readonly sum: Cell;
}

/** What a heatmap shows: what it counts, its heading, and the time zone of its hours. */
interface Heatmap {
  readonly of: HeatmapOf;
  readonly days: readonly Weekday[];
  readonly all: Weekday;
  readonly zone: string;
}

/** A function, not a constant, because every report loads this file. */
const columnsOf = (of: HeatmapOf): Column<Weekday>[] => [
  ...HOURS.map((hour): Column<Weekday> => ({
    name: twoDigits(hour),
    kind: heatmapKinds[of],
    priority: 24 - hour,
    value: ({ hours }) => hours[hour] ?? null,
  })),
  { name: capital(of), kind: heatmapKinds[of], priority: 29, value: ({ sum }) => sum },
];

/** Prompts, cost or tokens by weekday and local hour. */
export async function heatmapResult(query: ReportQuery, context: ReportContext): Promise<ReportResult<Weekday>> {
  const { zone, weekStart, heatmapOf: of } = query;
  const kind = heatmapKinds[of];
  const { byHour: used, total, notes } = await weeklyHours(of, query, context);
  const week = weekFrom(weekStart ?? MONDAY);
  const matrix = week.map((day) => HOURS.map((hour) => valueIn(used, [day * 24 + hour])));
  const days = week.map((day, at) => ({
    name: dayName(day),
    hours: matrix[at] ?? [],
    sum: valueIn(
      used,
      HOURS.map((hour) => day * 24 + hour),
    ),
  }));
  const byHour = HOURS.map((hour) =>
    valueIn(
      used,
      week.map((day) => day * 24 + hour),
    ),
  );
  const all = { name: "Total", hours: byHour, sum: total };
  const maximum = Math.max(...matrix.flat().map(Number));
  const allHours = days.flatMap(({ name, hours }) => hours.map((value, hour) => ({ day: name, hour, value })));
  const [busiest, ...tied] = maximum > 0 ? allHours.filter(({ value }) => value === maximum) : [];
  const inJson = (value: Cell): unknown => cellInJson(kind, value);
  return {
    columns: [
      { name: "Day", kind: "text", priority: 30, value: ({ name }) => name },
      ...totalledBy(all, columnsOf(of)),
    ],
    rows: used.size === 0 ? [] : days,
    zone,
    empty: of === "prompts" ? "No prompts in this range." : "No usage in this range.",
    notes: [...(busiest ? [busiestNote(busiest, tied.length > 0, of, total)] : []), ...notes],
    ...(maximum > 0 && { draw: (style, width) => drawHeatmap({ of, days, all, zone }, style, width) }),
    json: () => ({
      timezone: zone,
      days: days.map(({ name }) => name),
      [of]: matrix.map((row) => row.map(inJson)),
      byHour: byHour.map(inJson),
      busiest: busiest ? { day: busiest.day, hour: busiest.hour, [of]: inJson(busiest.value) } : null,
      totals: { [of]: inJson(total) },
    }),
  };
}

/** The sum of some hours of the week: 0 without any use, null where none of it has a price. */
function valueIn(used: ReadonlyMap<number, number | null>, hours: readonly number[]): number | null {
  const found = hours.flatMap((hour) => used.get(hour) ?? (used.has(hour) ? [null] : []));
  const known = found.filter((value) => value !== null);
  return known.length === 0 && found.length > 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function twoDigits(hour: number): string {
  return String(hour).padStart(2, "0");
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A value in words: "12 prompts", "$1.20", "3,400 tokens". */
const inWords = (of: HeatmapOf, value: Cell): string => textOf(of, value) + (of === "cost" ? "" : ` ${of}`);

const textOf = (of: HeatmapOf, value: Cell): string => cellText(heatmapKinds[of], value, "UTC", "unicode", false);

function busiestNote(
  { day, hour, value }: { readonly day: string; readonly hour: number; readonly value: number | null },
  isTied: boolean,
  of: HeatmapOf,
  total: Cell,
): string {
  const span = `${day} ${twoDigits(hour)}:00 to ${twoDigits((hour + 1) % 24)}:00`;
  const ties = isTied ? ", tied with others" : "";
  return `Busiest hour: ${span} with ${textOf(of, value)} of ${inWords(of, total)}${ties}.`;
}

function drawHeatmap({ of, days, all, zone }: Heatmap, style: Style, width: number): string[] {
  // Each hour takes as many columns as fit, at most three.
  const cell = Math.max(Math.min(Math.floor((width - 14) / 24), 3), 1);
  const widen = (row: string): string => row.replace(/./gu, (one) => one.repeat(cell));
  const line = (label: string, row: string, sum: string): string => `${padEnd(label, 4)} ${row}  ${padStart(sum, 7)}`;
  const hours = HOURS.filter((hour) => hour % 3 === 0).map((hour) => padEnd(twoDigits(hour), cell * 3));
  const kind = heatmapKinds[of];
  const short = (sum: Cell): string => cellText(kind, sum, zone, style.glyphs, true);
  const shades = shadesOf(
    days.flatMap(({ hours: values }) => values.map(Number)),
    style.glyphs,
  );
  const row = (values: Weekday["hours"]): string => style.paint("good", widen(heatRow(values, shades)));
  const legend = [
    `${capital(of)} in an hour of a weekday:`,
    ...shades.map((shade) => `${shade.sign} ${rangeText(of, shade)}`),
    ...(days.some(({ hours: values }) => values.includes(null)) ? ["blank: without a price"] : []),
    `clock: ${zone}`,
    `all: by height, ${inWords(of, Math.max(...all.hours.map(Number)))} at most`,
  ];
  const lines = [
    style.paint("name", line("", hours.join(""), of)),
    ...days.map(({ name, hours: values, sum }) => line(name, row(values), short(sum))),
    style.paint("quiet", line("all", widen(sparkline(all.hours, style.glyphs)), short(all.sum))),
    ...wrapItems(legend, width, 0, style).map((one) => style.paint("quiet", one)),
  ];
  return lines.map((one) => cut(one, width, style.glyph("ellipsis")));
}

/** The values of a shade: "1", "2 to 4". */
const rangeText = (of: HeatmapOf, { from, to }: Shade): string =>
  from === to ? textOf(of, to) : `${textOf(of, from)} to ${textOf(of, to)}`;
