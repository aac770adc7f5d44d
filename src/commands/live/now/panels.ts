import { weekday } from "../../../model/calendar.ts";
import type { PricedTotals } from "../../../pricing/costs.ts";
import { compactCount, count, money, padEnd, padStart, share } from "../../../render/format.ts";
import { barChart } from "../../../render/spark.ts";
import { BURN_MS, OVERVIEW_DAYS } from "../../../reports/shared/overview/overview.ts";
import { wrapItems } from "../../../reports/shared/truncate.ts";
import { dayName } from "../../../reports/shared/when.ts";
import { clean, cut, duration, type Style, width as widthOf } from "../../../utils/terminal.ts";
import { chartPanels } from "./chart-panels.ts";
import type { NamedUsage, NowData } from "./data.ts";
import type { Band, Panel } from "./layout.ts";
import { limitsPanel } from "./limits-panel.ts";
import { sessionLines } from "./session-lines.ts";

const MAX_FINDINGS = 5;

/** The panels of the first page for a number of columns. `period` names the range of projects and models. */
export function nowPanels(data: NowData, period: string, columns: number, style: Style): Band[] {
  const { assistants, findings } = data.overview;
  const charts = chartPanels(data, style);
  const limits = limitsPanel(data, style);
  const sessions = sessionsPanel(data, style);
  const used = [
    usagePanel("Projects", data.projects, period, { min: 3, priority: 6 }, style),
    usagePanel("Models", data.models, period, { min: 2, priority: 5 }, style),
  ];
  const others = [
    ...(assistants.length > 1 ? [assistantsPanel(data, style)] : []),
    ...(findings?.length ? [findingsPanel(data, style)] : []),
  ];
  const totals = [[totalsPanel(data, style)]];
  if (columns === 1) {
    const [first, ...more] = charts;
    return [totals, [[...(first ? [first] : []), limits, sessions, ...used, ...more, ...others]]];
  }
  const top = charts.slice(0, columns).map((chart) => [chart]);
  const left = [limits, ...charts.slice(columns)];
  return [totals, top, columns === 2 ? [left, [sessions, ...used, ...others]] : [left, [sessions, ...others], used]];
}

const costText = (sum: PricedTotals, style: Style): string =>
  sum.cost === null ? (style.glyphs === "ascii" ? "-" : "—") : money(sum.cost);

const usageText = (sum: PricedTotals, style: Style): string =>
  `${costText(sum, style)}  ${compactCount(sum.total)} tokens`;

/** Today, this week, thirty days, the burn rate, and what is not complete. */
function totalsPanel({ overview }: NowData, style: Style): Panel {
  const { today, week, month, weekSince, burn, narrowed, progress } = overview;
  const total = (name: string, sum: PricedTotals, since = ""): string =>
    `${style.paint("name", name)} ${style.paint("pet", costText(sum, style))} ${compactCount(sum.total)} tokens${since}`;
  const rate = burn
    ? [
        burn.microsPerHour === null ? "no price" : `${money(burn.microsPerHour)}/h`,
        `${compactCount(burn.tokensPerMinute)} tokens/min`,
      ]
    : ["nothing"];
  const unpriced = month.unpricedTokens;
  const items = [
    total("Today", today),
    `${style.paint("name", "Burn")} ${style.paint("pet", rate.join(", "))} ${style.quiet(`over the last ${duration(BURN_MS)}`)}`,
    total("Week", week, style.quiet(` since ${dayName(weekday(weekSince))}`)),
    total(`${OVERVIEW_DAYS} days`, month),
    ...narrowed.map((one) => style.quiet(clean(one))),
    ...(unpriced > 0 ? [style.quiet(`${compactCount(unpriced)} tokens without a price`)] : []),
    ...(progress.usage < progress.size
      ? [style.paint("notice", `responses read to ${share((progress.usage / progress.size) * 100)}`)]
      : []),
  ];
  const lines = (width: number): string[] => wrapItems(items, width, 0, style);
  return { title: "", priority: 10, min: 2, want: (width) => lines(width).length, lines };
}

/** The sessions with a response in the last hour. */
const sessionsPanel = (data: NowData, style: Style): Panel => ({
  title: `Sessions at work (${count(data.sessions.length)} in the last hour)`,
  priority: 8,
  min: 3,
  want: () => (data.sessions.length === 0 ? 1 : data.sessions.length + 1),
  lines: (width, rows) => sessionLines(data, style, width, rows),
});

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

/** Today and this week of each assistant. */
function assistantsPanel({ overview: { assistants } }: NowData, style: Style): Panel {
  return {
    title: "Assistants, today and this week",
    priority: 2,
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
    min: 1,
    want: () => Math.min(open.length, MAX_FINDINGS),
    lines: (_, rows) =>
      open.slice(0, rows).map(({ severity, message, since }) => {
        const role = severity === "error" ? "alarm" : severity === "warning" ? "warn" : "quiet";
        return `${style.paint(role, severity)} ${style.quiet(`for ${duration(now - since)}`)}  ${clean(message)}`;
      }),
  };
}
