import { wrapItems } from "./shared/truncate.ts";
import type { ReportResult } from "./shared/report.ts";
import { dayName } from "./shared/when.ts";
import { BUCKET_MS } from "../ledger/rows.ts";
import { weekday } from "../model/calendar.ts";
import { type Column, totalledBy } from "../render/columns.ts";
import { compactCount, count, padEnd, padStart, stampOf } from "../render/format.ts";
import { heatRow, type Shade, shadesOf, sparkline } from "../render/spark.ts";
import { cut, type Style } from "../utils/terminal.ts";
import { PLACE, RANGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** The first row, if --start-of-week does not say otherwise; Sunday is 0. */
const MONDAY = 1;
const weekFrom = (start: number): readonly number[] => Array.from({ length: 7 }, (_, day) => (start + day) % 7);
const HOURS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23] as const;
/** Prompts of a weekday, by hour and in total. */
interface WeekdayPrompts {
  readonly name: string;
  readonly hours: readonly number[];
  readonly sum: number;
}

/** A function, not a constant, because every report loads this file. */
const countsOf = (): Column<WeekdayPrompts>[] => [
  ...HOURS.map((hour): Column<WeekdayPrompts> => ({
    name: twoDigits(hour),
    kind: "integer",
    priority: 24 - hour,
    value: ({ hours }) => hours[hour] ?? 0,
  })),
  { name: "Prompts", kind: "integer", priority: 29, value: ({ sum }) => sum },
];

/** Prompts by weekday and hour of the local clock. */
export const heatmap: Report = {
  name: "heatmap",
  options: [...RANGE, ...PLACE, "start-of-week"],
  description: "prompts by weekday and local hour, and the busiest hour",
  needsActivity: true,
  examples: [
    { args: "heatmap --last 3m", description: "the hours in which you worked in three months" },
    { args: "heatmap --timezone UTC", description: "by hours of another time zone" },
  ],
  related: ["daily"],
  async run({ filter, zone, weekStart }, { queries }): Promise<ReportResult<WeekdayPrompts>> {
    const week = weekFrom(weekStart ?? MONDAY);
    const matrix = week.map(() => HOURS.map(() => 0));
    // Local time is computed once per 15-minute bucket, because it is slow and the local hour never changes within one.
    const buckets = Map.groupBy(await queries.items("prompt", filter), ({ at }) => Math.floor(at / BUCKET_MS));
    for (const [bucket, prompts] of buckets) {
      const [date = "", clock = ""] = stampOf(zone, bucket * BUCKET_MS).split(" ");
      const row = matrix[week.findIndex((day) => day === weekday(date))];
      const hour = Number(clock.slice(0, 2));
      if (row) row[hour] = (row[hour] ?? 0) + prompts.length;
    }
    const days = week.map((day, at) => ({ name: dayName(day), hours: matrix[at] ?? [], sum: sumOf(matrix[at] ?? []) }));
    const total = sumOf(days.map(({ sum }) => sum));
    const maximum = Math.max(...matrix.flat());
    const allHours = days.flatMap(({ name, hours }) => hours.map((prompts, hour) => ({ day: name, hour, prompts })));
    const [busiest, ...tied] = total > 0 ? allHours.filter(({ prompts }) => prompts === maximum) : [];
    const byHour = HOURS.map((hour) => sumOf(matrix.map((row) => row[hour] ?? 0)));
    return {
      columns: [
        { name: "Day", kind: "text", priority: 30, value: ({ name }) => name },
        ...totalledBy({ name: "Total", hours: byHour, sum: total }, countsOf()),
      ],
      rows: total === 0 ? [] : days,
      zone,
      empty: "No prompts in this range.",
      notes: busiest ? [busiestNote(busiest, tied.length > 0, total)] : [],
      ...(total > 0 && { draw: (style, width) => drawHeatmap(days, byHour, zone, style, width) }),
      json: () => ({
        timezone: zone,
        days: days.map(({ name }) => name),
        prompts: matrix,
        byHour,
        busiest: busiest ?? null,
        totals: { prompts: total },
      }),
    };
  },
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);

function twoDigits(hour: number): string {
  return String(hour).padStart(2, "0");
}

function busiestNote(hour: { day: string; hour: number; prompts: number }, isTied: boolean, total: number): string {
  const span = `${hour.day} ${twoDigits(hour.hour)}:00 to ${twoDigits((hour.hour + 1) % 24)}:00`;
  const ties = isTied ? ", tied with others" : "";
  return `Busiest hour: ${span} with ${count(hour.prompts)} of ${count(total)} prompts${ties}.`;
}

function drawHeatmap(
  days: readonly WeekdayPrompts[],
  byHour: readonly number[],
  zone: string,
  style: Style,
  width: number,
): string[] {
  // Each hour takes as many columns as fit, at most three.
  const cell = Math.max(Math.min(Math.floor((width - 14) / 24), 3), 1);
  const widen = (row: string): string => row.replace(/./gu, (one) => one.repeat(cell));
  const line = (label: string, row: string, sum: string): string => `${padEnd(label, 4)} ${row}  ${padStart(sum, 7)}`;
  const hours = HOURS.filter((hour) => hour % 3 === 0).map((hour) => padEnd(twoDigits(hour), cell * 3));
  const shades = shadesOf(
    days.flatMap(({ hours: counts }) => counts),
    style.glyphs,
  );
  const row = (counts: readonly number[]): string => style.paint("good", widen(heatRow(counts, shades)));
  const legend = [
    "Prompts in an hour of a weekday:",
    ...shades.map((shade) => `${shade.sign} ${rangeText(shade)}`),
    `clock: ${zone}`,
    `all: by height, ${count(Math.max(...byHour))} prompts at most`,
  ];
  const lines = [
    style.paint("name", line("", hours.join(""), "prompts")),
    ...days.map(({ name, hours: counts, sum }) => line(name, row(counts), compactCount(sum))),
    style.paint("quiet", line("all", widen(sparkline(byHour, style.glyphs)), compactCount(sumOf(byHour)))),
    ...wrapItems(legend, width, 0, style).map((one) => style.paint("quiet", one)),
  ];
  return lines.map((one) => cut(one, width, style.glyph("ellipsis")));
}

/** The counts of a shade: "1", "2 to 4". */
const rangeText = ({ from, to }: Shade): string => (from === to ? count(to) : `${count(from)} to ${count(to)}`);
