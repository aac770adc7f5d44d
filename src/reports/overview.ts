import type { PricedTotals } from "../pricing/costs.ts";
import { overviewLines } from "./shared/overview/lines.ts";
import { BURN_MS, type Overview, OVERVIEW_DAYS, overviewInput, overviewOf } from "./shared/overview/overview.ts";
import { worthFields } from "./shared/plan/worth.ts";
import type { ReportResult } from "./shared/report.ts";
import { addDays, dateOf } from "../model/calendar.ts";
import type { Column } from "../render/columns.ts";
import { dollars, isoOrNull } from "../render/format.ts";
import { PLACE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** The usage of a period. */
interface PeriodUsage {
  readonly when: string;
  readonly sum: PricedTotals;
}

const COLUMNS: readonly Column<PeriodUsage>[] = [
  { name: "When", kind: "text", priority: 9, value: ({ when }) => when },
  { name: "Tokens", kind: "tokens", priority: 8, value: ({ sum }) => sum.total },
  { name: "Cost", kind: "money", priority: 7, value: ({ sum }) => sum.cost },
];

/** One screen: today, this week, limits, burn rate, projects, thirty days, findings. */
export const overview: Report = {
  name: "overview",
  description: "usage and limits now, on one screen: today, this week, burn rate, projects, thirty days, findings",
  options: [...PLACE, "model", "cost-mode", "start-of-week"],
  examples: [
    { args: "overview", description: "today, this week, limits and projects on one screen" },
    { args: "overview --source codex", description: "only one assistant" },
  ],
  related: ["daily", "limits", "live"],
  async run(query, context): Promise<ReportResult<PeriodUsage>> {
    const found = overviewOf(await overviewInput(query, context));
    return {
      columns: COLUMNS,
      rows: [
        { when: "today", sum: found.today },
        { when: `since ${found.weekSince}`, sum: found.week },
        { when: `last ${OVERVIEW_DAYS} days`, sum: found.month },
        ...(found.assistants.length > 1 ? found.assistants.filter(isKnown) : []).flatMap(({ title, today, week }) => [
          { when: `today, ${title}`, sum: today },
          { when: `since ${found.weekSince}, ${title}`, sum: week },
        ]),
      ],
      zone: query.zone,
      empty: "No usage has been read yet.",
      isEmpty: found.month.responses === 0,
      notes: found.notRecorded.notes,
      draw: (style, width) => overviewLines(found, style, width),
      json: () => jsonOf(found),
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
    ...(found.plan && {
      plan: { monthlyDollars: dollars(found.plan.planMicros), days: OVERVIEW_DAYS, ...worthFields(found.plan) },
    }),
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
  unpricedTokens: sum.unpricedTokens,
});
