import { addDays, dateOf, weekday } from "../../../model/calendar.ts";
import { compactCount, count, money } from "../../../render/format.ts";
import { OVERVIEW_DAYS } from "../../../reports/shared/overview/overview.ts";
import { clockOf, dayName } from "../../../reports/shared/when.ts";
import type { Style } from "../../../utils/terminal.ts";
import { type ChartOptions, columnChart } from "./chart.ts";
import { MINUTES, type NowData } from "./data.ts";
import type { Panel } from "./layout.ts";

const CHART_ROWS = { min: 4, want: 24 };

/** Charts of usage over time, the most important first; those without any usage are left out. */
export const chartPanels = (data: NowData, style: Style): Panel[] => [
  ...lastHourPanels(data, style),
  ...hoursPanels(data, style),
  ...daysPanels(data, style),
];

/** Charts of the last hour by minute: cost, where anything has a price, and tokens. */
function lastHourPanels({ minutes, overview, unpricedResponses }: NowData, style: Style): Panel[] {
  const { now, zone } = overview;
  const micros = minutes.reduce((sum, one) => sum + one.micros, 0);
  const tokens = minutes.reduce((sum, one) => sum + one.tokens, 0);
  const time = (index: number): string => clockOf(zone, now - (MINUTES - 1 - index) * 60_000);
  const labels = [0, 15, 30, 45, MINUTES - 1].map((index) => [index, time(index)] as const);
  const unpriced = unpricedResponses > 0 ? `, ${count(unpricedResponses)} responses without a price` : "";
  return [
    ...chartPanel(`Cost per minute: ${money(micros)} in the last hour${unpriced}`, 7, style, {
      values: minutes.map((one) => one.micros),
      text: (value) => money(Math.round(value)),
      labels,
      role: "good",
    }),
    ...chartPanel(`Tokens per minute: ${compactCount(tokens)} in the last hour`, micros === 0 ? 7 : 3, style, {
      values: minutes.map((one) => one.tokens),
      text: compactCount,
      labels,
      role: "name",
    }),
  ];
}

/** A panel with a chart; none where all values are 0. */
function chartPanel(title: string, priority: number, style: Style, options: ChartOptions): Panel[] {
  if (options.values.every((value) => !value)) return [];
  const lines = (width: number, rows: number): string[] => columnChart(options, width, rows, style);
  return [{ title, priority, min: CHART_ROWS.min, want: () => CHART_ROWS.want, lines }];
}

/** Today by hour of the local clock: cost, where anything has a price, else tokens. */
function hoursPanels({ hours, overview: { now, zone } }: NowData, style: Style): Panel[] {
  const isPriced = hours.some((sum) => (sum?.micros ?? 0) > 0);
  const date = dateOf(zone, now);
  return chartPanel(`Today, ${dayName(weekday(date))} ${date}, by hour: ${isPriced ? "cost" : "tokens"}`, 4, style, {
    values: hours.map((sum) => sum && (isPriced ? sum.micros : sum.total)),
    text: (value) => (isPriced ? money(Math.round(value)) : compactCount(value)),
    labels: [0, 6, 12, 18].map((hour) => [hour, `${hour}:00`] as const),
    role: "good",
  });
}

/** The last thirty days by tokens. */
function daysPanels({ overview: { days, now, zone } }: NowData, style: Style): Panel[] {
  const today = dateOf(zone, now);
  const date = (index: number): string => addDays(today, index + 1 - OVERVIEW_DAYS).slice("YYYY-".length);
  return chartPanel(`${OVERVIEW_DAYS} days: tokens per day`, 0, style, {
    values: days,
    text: compactCount,
    labels: [0, 9, 18, OVERVIEW_DAYS - 1].map((index) => [index, date(index)] as const),
    role: "name",
  });
}
