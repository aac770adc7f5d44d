import { addDays, dateOf, weekday } from "../../../model/calendar.ts";
import { compactCount, count, money } from "../../../render/format.ts";
import { OVERVIEW_DAYS } from "../../../reports/shared/overview/overview.ts";
import { clockOf, dayName } from "../../../reports/shared/when.ts";
import type { Style } from "../../../utils/terminal.ts";
import { type ChartOptions, columnChart } from "./chart.ts";
import { MINUTES, type NowData } from "./data.ts";
import type { Panel } from "./layout.ts";

const CHART_ROWS = { min: 4, want: 24 };

/** Charts of usage over time, the most important first. */
export const chartPanels = (data: NowData, style: Style): Panel[] => [
  ...lastHourPanels(data, style),
  hoursPanel(data, style),
  daysPanel(data, style),
];

/** Charts of the last hour by minute: cost, where anything has a price, and tokens. */
function lastHourPanels({ minutes, overview, unpricedResponses }: NowData, style: Style): Panel[] {
  const { now, zone } = overview;
  const micros = minutes.reduce((sum, one) => sum + one.micros, 0);
  const tokens = minutes.reduce((sum, one) => sum + one.tokens, 0);
  const time = (index: number): string => clockOf(zone, now - (MINUTES - 1 - index) * 60_000);
  const labels = [0, 15, 30, 45, MINUTES - 1].map((index) => [index, time(index)] as const);
  const unpriced = unpricedResponses > 0 ? `, ${count(unpricedResponses)} responses without a price` : "";
  const cost = chartPanel(`Cost per minute: ${money(micros)} in the last hour${unpriced}`, style, {
    values: minutes.map((one) => one.micros),
    text: (value) => money(Math.round(value)),
    labels,
    role: "good",
  });
  const counted = chartPanel(`Tokens per minute: ${compactCount(tokens)} in the last hour`, style, {
    values: minutes.map((one) => one.tokens),
    text: compactCount,
    labels,
    role: "name",
  });
  if (micros === 0) return [{ ...counted, priority: 7 }];
  return [
    { ...cost, priority: 7 },
    { ...counted, priority: 3 },
  ];
}

/** A panel with a chart; one line where all values are 0. */
function chartPanel(title: string, style: Style, options: ChartOptions): Panel {
  const isEmpty = options.values.every((value) => !value);
  return {
    title,
    priority: 0,
    min: isEmpty ? 1 : CHART_ROWS.min,
    want: () => (isEmpty ? 1 : CHART_ROWS.want),
    lines: (width, rows) => (isEmpty ? [style.quiet("nothing")] : columnChart(options, width, rows, style)),
  };
}

/** Today by hour of the local clock: cost, where anything has a price, else tokens. */
function hoursPanel({ hours, overview: { now, zone } }: NowData, style: Style): Panel {
  const isPriced = hours.some((sum) => (sum?.micros ?? 0) > 0);
  const date = dateOf(zone, now);
  const panel = chartPanel(
    `Today, ${dayName(weekday(date))} ${date}, by hour: ${isPriced ? "cost" : "tokens"}`,
    style,
    {
      values: hours.map((sum) => sum && (isPriced ? sum.micros : sum.total)),
      text: (value) => (isPriced ? money(Math.round(value)) : compactCount(value)),
      labels: [0, 6, 12, 18].map((hour) => [hour, `${hour}:00`] as const),
      role: "good",
    },
  );
  return { ...panel, priority: 4 };
}

/** The last thirty days by tokens. */
function daysPanel({ overview: { days, now, zone } }: NowData, style: Style): Panel {
  const today = dateOf(zone, now);
  const date = (index: number): string => addDays(today, index + 1 - OVERVIEW_DAYS).slice("YYYY-".length);
  const panel = chartPanel(`${OVERVIEW_DAYS} days: tokens per day`, style, {
    values: days,
    text: compactCount,
    labels: [0, 9, 18, OVERVIEW_DAYS - 1].map((index) => [index, date(index)] as const),
    role: "name",
  });
  return { ...panel, priority: 0 };
}
