import { wrapItems } from "./shared/truncate.ts";
import { dayName, stampOf } from "./shared/when.ts";
import { BUCKET_MS } from "../ledger/sqlite/RollUp.ts";
import { weekday } from "../model/calendar.ts";
import { compactCount, count, padEnd, padStart } from "../render/format.ts";
import { heatRow } from "../render/spark.ts";
import type { Cell, Column } from "../render/table.ts";
import { cut, type Style } from "../utils/terminal.ts";
import type { Report } from "./contract.ts";

/** Rows from Monday to Sunday, as numbers of the weekday. */
const WEEK = [1, 2, 3, 4, 5, 6, 0] as const;
const HOURS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23] as const;
/** Made where they are asked for: every report loads this file. */
const columnsOf = (): Column[] => [
  { name: "Day", kind: "text", priority: 30 },
  ...HOURS.map((hour): Column => ({ name: two(hour), kind: "integer", priority: 24 - hour })),
  { name: "Prompts", kind: "integer", priority: 29 },
];

/** Prompts by weekday and hour of the local clock. */
export const heatmap: Report = {
  name: "heatmap",
  description: "prompts by weekday and hour of the local clock, and the busiest hour",
  needsActivity: true,
  run({ filter, zone }, { queries: ledger }) {
    // Prompts are not told by model.
    const { model, ...wide } = filter;
    const matrix = WEEK.map(() => HOURS.map(() => 0));
    // Within a quarter of an hour no clock comes to another hour, and asking for the zone takes longer than all else.
    const quarters = Map.groupBy(ledger.items("prompt", wide), ({ at }) => Math.floor(at / BUCKET_MS));
    for (const [quarter, prompts] of quarters) {
      const [date = "", clock = ""] = stampOf(zone, quarter * BUCKET_MS).split(" ");
      const row = matrix[WEEK.findIndex((day) => day === weekday(date))];
      const hour = Number(clock.slice(0, 2));
      if (row) row[hour] = (row[hour] ?? 0) + prompts.length;
    }
    const days = WEEK.map((day, at) => ({ name: dayName(day), hours: matrix[at] ?? [], sum: sumOf(matrix[at] ?? []) }));
    const total = sumOf(days.map(({ sum }) => sum));
    const most = Math.max(...matrix.flat());
    const busiest = days.flatMap(({ name, hours }) => hours.map((prompts, hour) => ({ day: name, hour, prompts })));
    const top = total > 0 ? busiest.find(({ prompts }) => prompts === most) : undefined;
    const byHour = HOURS.map((hour) => sumOf(matrix.map((row) => row[hour] ?? 0)));
    return {
      columns: columnsOf(),
      rows: total === 0 ? [] : days.map(({ name, hours, sum }): Cell[] => [name, ...hours, sum]),
      ...(total > 0 && { totals: ["Total", ...byHour, total] }),
      empty: "No prompt in this range.",
      notes: [
        ...(top ? [busiestOf(top, days.filter(({ hours }) => hours.includes(most)).length, total)] : []),
        ...(model === undefined ? [] : ["Prompts are not known by model: --model was left out."]),
      ],
      ...(total > 0 && { draw: (look, width) => picture(days, byHour, most, zone, look, width) }),
      json: {
        timezone: zone,
        days: days.map(({ name }) => name),
        prompts: matrix,
        byHour,
        busiest: top ?? null,
        totals: { prompts: total },
      },
    };
  },
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);

function two(hour: number): string {
  return String(hour).padStart(2, "0");
}

function busiestOf(top: { day: string; hour: number; prompts: number }, days: number, total: number): string {
  const span = `${top.day} ${two(top.hour)}:00 to ${two((top.hour + 1) % 24)}:00`;
  const alike = days > 1 ? ", and others as many" : "";
  return `Busiest hour: ${span} with ${count(top.prompts)} of ${count(total)} prompts${alike}.`;
}

function picture(
  days: readonly { readonly name: string; readonly hours: readonly number[]; readonly sum: number }[],
  byHour: readonly number[],
  most: number,
  zone: string,
  look: Style,
  width: number,
): string[] {
  // Each hour is as many columns wide as there is room for, at most three.
  const cell = Math.max(Math.min(Math.floor((width - 14) / 24), 3), 1);
  const stretch = (row: string): string => row.replace(/./gu, (one) => one.repeat(cell));
  const line = (label: string, row: string, sum: string): string => `${padEnd(label, 4)} ${row}  ${padStart(sum, 7)}`;
  const hours = HOURS.filter((hour) => hour % 3 === 0).map((hour) => padEnd(two(hour), cell * 3));
  const row = (values: readonly number[], top: number): string => stretch(heatRow(values, top, look.glyphs));
  const lines = [
    look.paint("name", line("", hours.join(""), "prompts")),
    ...days.map(({ name, hours, sum }) => line(name, look.paint("good", row(hours, most)), compactCount(sum))),
    look.paint("quiet", line("all", row(byHour, Math.max(...byHour)), compactCount(sumOf(byHour)))),
    ...wrapItems([`darkest: ${count(most)} prompts in one hour of a weekday`, `clock: ${zone}`], width, 0, look).map(
      (one) => look.paint("quiet", one),
    ),
  ];
  return lines.map((one) => cut(one, width, look.glyph("ellipsis")));
}
