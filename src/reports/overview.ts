import type { PricedTotals } from "../pricing/costs.ts";
import { overviewLines } from "./shared/overview/lines.ts";
import { BURN_MS, type Overview, OVERVIEW_DAYS, overviewInput, overviewOf } from "./shared/overview/overview.ts";
import { dollars } from "./shared/usage/result.ts";
import { isoOrNull } from "./shared/when.ts";
import { addDays, dateOf } from "../model/calendar.ts";
import type { Cell, Column } from "../render/table.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "When", kind: "text", priority: 9 },
  { name: "Tokens", kind: "integer", priority: 8 },
  { name: "Cost", kind: "money", priority: 7 },
];

/** One screen: today, this week, limits, burn rate, projects, thirty days, findings. */
export const overview: Report = {
  name: "overview",
  description: "one screen: today, this week, limits, burn rate, projects, thirty days, findings",
  async run(query, context) {
    const found = overviewOf(await overviewInput(query, context));
    const row = (name: string, { total, cost }: PricedTotals): Cell[] => [name, total, cost];
    return {
      columns: COLUMNS,
      rows: [
        row("today", found.today),
        row(`since ${found.weekSince}`, found.week),
        row(`last ${OVERVIEW_DAYS} days`, found.month),
        ...(found.assistants.length > 1 ? found.assistants.filter(isKnown) : []).flatMap(({ title, today, week }) => [
          row(`today, ${title}`, today),
          row(`since ${found.weekSince}, ${title}`, week),
        ]),
      ],
      empty: "No usage is known yet.",
      notes: found.notRecorded.notes,
      draw: (style, width) => overviewLines(found, style, width),
      json: jsonOf(found),
    };
  },
};

function jsonOf(found: Overview) {
  const { now, zone, today, week, weekSince, month, days, burn, limits, top, findings, progress } = found;
  const date = dateOf(zone, now);
  return {
    at: isoOrNull(now),
    timezone: zone,
    today: { date, ...sumJson(today) },
    week: { since: weekSince, ...sumJson(week) },
    assistants: found.assistants.map((one) => ({
      source: one.source,
      today: isKnown(one) ? sumJson(one.today) : null,
      week: isKnown(one) ? sumJson(one.week) : null,
      notRecorded: one.unrecorded,
    })),
    days: days.map((totalTokens, index) => ({ date: addDays(date, index + 1 - OVERVIEW_DAYS), totalTokens })),
    lastDays: { days: OVERVIEW_DAYS, ...sumJson(month) },
    burn: burn && {
      overMs: BURN_MS,
      tokensPerMinute: burn.tokensPerMinute,
      dollarsPerHour: dollars(burn.microsPerHour),
    },
    limits: limits.map(({ key, percent, resetsAt, observedAt, isOver, forecast }) => ({
      limit: key,
      usedPercent: isOver ? null : percent,
      resetsAt: isoOrNull(resetsAt),
      seenAt: isoOrNull(observedAt),
      fullAt: forecast?.kind === "wall" ? isoOrNull(forecast.at) : null,
      percentAtReset: forecast?.kind === "stands" ? forecast.percent : null,
    })),
    projectsToday: top.map(({ project, name, sum }) => ({ project, name, ...sumJson(sum) })),
    findings:
      findings?.map(({ type, severity, message, first }) => ({
        type,
        severity,
        message,
        firstSeen: isoOrNull(first),
      })) ?? null,
    progress: { ...progress },
    ...found.notRecorded.fields,
  };
}

const isKnown = ({ week, unrecorded }: Overview["assistants"][number]): boolean =>
  week.responses > 0 || unrecorded === 0;

const sumJson = (sum: PricedTotals) => ({
  totalTokens: sum.total,
  totalCost: dollars(sum.cost),
  unpricedTokens: sum.unpriced.values().reduce((tokens, one) => tokens + one, 0),
});
