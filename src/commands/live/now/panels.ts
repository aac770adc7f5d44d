import { addDays, dateOf, weekday } from "../../../model/calendar.ts";
import { spendText } from "../../../model/quota.ts";
import type { PricedTotals } from "../../../pricing/costs.ts";
import { compactCount, count, money, padEnd, padStart, share } from "../../../render/format.ts";
import { barChart } from "../../../render/spark.ts";
import {
  forecastText,
  inGlyphs,
  limitRole,
  resetText,
  TURN_ON_LOG,
  usedText,
} from "../../../reports/shared/limits/text.ts";
import type { LimitState } from "../../../reports/shared/limits/windows.ts";
import { BURN_MS, type Overview, OVERVIEW_DAYS } from "../../../reports/shared/overview/overview.ts";
import { wrapItems } from "../../../reports/shared/truncate.ts";
import { agoOf, clockOf, dayName, whenOf } from "../../../reports/shared/when.ts";
import { clean, cut, duration, type Style, width as widthOf } from "../../../utils/terminal.ts";
import { type ChartOptions, columnChart, gauge, gaugeMark } from "./chart.ts";
import { MINUTES, type NamedUsage, type NowData } from "./data.ts";
import type { Band, Panel } from "./layout.ts";
import { sessionLines } from "./session-lines.ts";

const CHART_ROWS = { min: 4, want: 24 };
const MAX_FINDINGS = 5;
const MAX_LIMIT_NAME = 40;
const [MIN_GAUGE, MAX_GAUGE] = [5, 40];
/** A limit reading older than this gets another colour: two minutes, twice the usual interval (ms). */
const STALE_MS = 120_000;

/** The panels of the first page. `period` names the range of projects and models. */
export function nowPanels(data: NowData, period: string, style: Style): Band[] {
  const { overview, sessions } = data;
  return [
    { maxColumns: 1, panels: [totalsPanel(data, style)] },
    { maxColumns: 2, panels: lastHourPanels(data, style) },
    {
      maxColumns: 3,
      panels: [
        limitsPanel(data, style),
        {
          title: `Sessions at work (${count(sessions.length)} in the last hour)`,
          priority: 8,
          column: 1,
          min: 3,
          want: () => (sessions.length === 0 ? 1 : sessions.length + 1),
          lines: (width, rows) => sessionLines(data, style, width, rows),
        },
        usagePanel("Projects", data.projects, period, { min: 3, priority: 6 }, style),
        usagePanel("Models", data.models, period, { min: 2, priority: 5 }, style),
        hoursPanel(data, style),
        ...(overview.assistants.length > 1 ? [assistantsPanel(data, style)] : []),
        ...(overview.findings?.length ? [findingsPanel(data, style)] : []),
        daysPanel(data, style),
      ],
    },
  ];
}

const costText = (sum: PricedTotals, style: Style): string =>
  sum.cost === null ? (style.glyphs === "ascii" ? "-" : "—") : money(sum.cost);

const usageText = (sum: PricedTotals, style: Style): string =>
  `${costText(sum, style)}  ${compactCount(sum.total)} tokens`;

/** Today, this week, thirty days, the burn rate, and what is not complete. */
function totalsPanel({ overview }: NowData, style: Style): Panel {
  const { today, week, month, weekSince, burn, now, zone, lastResponse, narrowed, progress } = overview;
  const total = (name: string, sum: PricedTotals, since = ""): string =>
    `${style.paint("name", name)} ${style.paint("pet", costText(sum, style))} ${compactCount(sum.total)} tokens${since}`;
  const rate = burn
    ? [
        burn.microsPerHour === null ? "no price" : `${money(burn.microsPerHour)}/h`,
        `${compactCount(burn.tokensPerMinute)} tokens/min`,
      ]
    : ["nothing"];
  const last = lastResponse === null || burn ? "" : `, last active before ${whenOf(zone, lastResponse + 1, now)}`;
  const unpriced = month.unpricedTokens;
  const items = [
    total("Today", today),
    `${style.paint("name", "Burn")} ${style.paint("pet", rate.join(", "))} ${style.quiet(`over the last ${duration(BURN_MS)}${last}`)}`,
    total("Week", week, style.quiet(` since ${dayName(weekday(weekSince))}`)),
    total(`${OVERVIEW_DAYS} days`, month),
    ...narrowed.map((one) => style.quiet(clean(one))),
    ...(unpriced > 0 ? [style.quiet(`${compactCount(unpriced)} tokens without a price`)] : []),
    ...(progress.usage < progress.size
      ? [style.paint("notice", `responses read to ${share((progress.usage / progress.size) * 100)}`)]
      : []),
  ];
  const lines = (width: number): string[] => wrapItems(items, width, 0, style);
  return { title: "", priority: 10, column: 0, min: 2, want: (width) => lines(width).length, lines };
}

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
    { ...counted, priority: 3, column: 1 },
  ];
}

/** A panel with a chart; one line where all values are 0. */
function chartPanel(title: string, style: Style, options: ChartOptions): Panel {
  const isEmpty = options.values.every((value) => !value);
  return {
    title,
    priority: 0,
    column: 0,
    min: isEmpty ? 1 : CHART_ROWS.min,
    want: () => (isEmpty ? 1 : CHART_ROWS.want),
    lines: (width, rows) => (isEmpty ? [style.quiet("nothing")] : columnChart(options, width, rows, style)),
  };
}

/** Each limit with a gauge, and below it as many forecasts as there is space for. */
function limitsPanel({ overview }: NowData, style: Style): Panel {
  const { limits, includesLogged, areSeveralAccounts } = overview;
  const unknown = includesLogged ? ["Nothing is known about the limits.", TURN_ON_LOG] : ["No limits are known."];
  const several = areSeveralAccounts ? [style.quiet("More than one account: the limits seen last.")] : [];
  const empty = (width: number): string[] =>
    wrapItems(
      unknown.map((one) => style.quiet(one)),
      width,
      0,
      style,
    );
  return {
    title: `Limits, with the even pace at ${gaugeMark(style)}`,
    priority: 9,
    column: 0,
    min: Math.max(Math.min(limits.length, 3), 1),
    want: (width) => (limits.length === 0 ? empty(width).length : limits.length * 2 + several.length),
    lines(width, rows) {
      if (limits.length === 0) return empty(width);
      const detailed = Math.max(rows - limits.length, 0);
      const heads = limitHeads(overview, style, width);
      const lines = limits.flatMap((limit, index) => [
        heads[index] ?? "",
        ...(index < detailed ? [`  ${limitDetails(limit, overview, style)}`] : []),
      ]);
      return [...lines, ...several];
    },
  };
}

/** Name, gauge, percentage and reset of each limit; the gauges are of the same length. */
function limitHeads({ limits, zone, now }: Overview, style: Style, width: number): string[] {
  const names = limits.map(({ name }) => clean(name, MAX_LIMIT_NAME));
  const resets = limits.map((limit) => resetText(limit, zone, now));
  const nameWidth = Math.max(...names.map(widthOf));
  const available = width - nameWidth - Math.max(...resets.map(widthOf)) - 8;
  const cells = available < MIN_GAUGE ? 0 : Math.min(available, MAX_GAUGE);
  return limits.map((limit, index) => {
    const { isOver, percent } = limit;
    const role = limitRole(limit);
    const isKnown = !isOver && percent !== null && cells > 0;
    const bar = isKnown ? gauge(percent, evenPercent(limit, now), cells, role, style) : " ".repeat(cells);
    const name = style.paint("name", padEnd(names[index] ?? "", nameWidth));
    return `${name} ${bar} ${style.paint(role, padStart(usedText(limit), 4))}  ${resets[index] ?? ""}`;
  });
}

/** Forecast, amounts, age and even pace of a limit. */
function limitDetails(limit: LimitState, { zone, now }: Overview, style: Style): string {
  const { isOver, forecast, spend, observedAt } = limit;
  const spent = spend ? spendText(spend) : null;
  const even = evenPercent(limit, now);
  return [
    ...(forecast && !isOver ? [inGlyphs(forecastText(forecast, zone, now), style)] : []),
    ...(spent === null ? [] : [clean(spent, 60)]),
    style.paint(now - observedAt > STALE_MS ? "notice" : "quiet", `seen ${agoOf(observedAt, now)}`),
    ...(even === null ? [] : [style.quiet(`even pace ${Math.floor(even)}%`)]),
  ].join("  ");
}

/** How much of a window's time is gone, in percent: what would have been used at an even pace. Null where it is not known. */
export function evenPercent({ resetsAt, lengthMs, isOver }: LimitState, now: number): number | null {
  if (resetsAt === null || lengthMs === null || isOver) return null;
  return Math.min(Math.max((1 - (resetsAt - now) / lengthMs) * 100, 0), 100);
}

/** Names with bars, most expensive first. */
function usagePanel(
  name: string,
  usage: readonly NamedUsage[],
  period: string,
  place: Pick<Panel, "min" | "priority">,
  style: Style,
): Panel {
  const isPriced = usage.some(({ sum }) => sum.micros > 0);
  return {
    title: `${name}, ${period}`,
    ...place,
    column: 2,
    want: () => Math.max(usage.length, 1),
    lines(width, rows) {
      if (usage.length === 0) return [style.quiet("no usage in this time")];
      const shown = usage.slice(0, usage.length > rows ? Math.max(rows - 1, 1) : rows);
      const items = shown.map(({ name: label, sum }) => ({
        label,
        value: isPriced ? sum.micros : sum.total,
        text: usageText(sum, style),
      }));
      const hidden = usage.length - shown.length;
      return [...barChart(items, style, width), ...(hidden > 0 ? [style.quiet(`and ${count(hidden)} more`)] : [])];
    },
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
  return { ...panel, priority: 0, column: 1 };
}

/** Today and this week of each assistant. */
function assistantsPanel({ overview: { assistants } }: NowData, style: Style): Panel {
  return {
    title: "Assistants, today and this week",
    priority: 2,
    column: 1,
    min: Math.min(assistants.length, 2),
    want: () => assistants.length,
    lines(width) {
      const names = assistants.map(({ title }) => cut(clean(title), 20));
      const nameWidth = Math.max(...names.map(widthOf));
      const todays = assistants.map(({ today }) => (today.responses === 0 ? "nothing" : usageText(today, style)));
      const todayWidth = Math.max(...todays.map(widthOf));
      return assistants.map(({ week, unrecorded }, index) => {
        const used = week.responses > 0 ? usageText(week, style) : `${count(unrecorded)} responses not recorded`;
        const name = style.paint("name", padEnd(names[index] ?? "", nameWidth));
        return cut(`${name}  ${padStart(todays[index] ?? "", todayWidth)}  ${used}`, width, style.glyph("ellipsis"));
      });
    },
  };
}

/** Open findings of the log. */
function findingsPanel({ overview: { findings, now } }: NowData, style: Style): Panel {
  const open = findings ?? [];
  return {
    title: `Open findings (${count(open.length)})`,
    priority: 1,
    column: 1,
    min: 1,
    want: () => Math.min(open.length, MAX_FINDINGS),
    lines: (_, rows) =>
      open.slice(0, rows).map(({ severity, message, since }) => {
        const role = severity === "error" ? "alarm" : severity === "warning" ? "warn" : "quiet";
        return `${style.paint(role, severity)} ${clean(message)} ${style.quiet(`for ${duration(now - since)}`)}`;
      }),
  };
}
