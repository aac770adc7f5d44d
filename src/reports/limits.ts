import { LOGGED_ASSISTANT } from "../model/record.ts";
import { wrapItems } from "./shared/truncate.ts";
import { type AssistantLimit, assistantLimitsAt } from "./shared/limits/assistants.ts";
import type { PerPercent } from "./shared/limits/forecast.ts";
import { limitJson } from "./shared/limits/json.ts";
import { type PercentEstimate, percentEstimates } from "./shared/limits/percent-estimates.ts";
import { forecastCell, inGlyphs, limitRole, resetText, spentOf, turnOnLog, usedText } from "./shared/limits/text.ts";
import type { ReportContext, ReportQuery, ReportResult } from "./shared/report.ts";
import { agoOf } from "./shared/when.ts";
import { areSeveralAccounts, extraLimit, limitsAt, LIMITS_BACK_MS, windowsIn } from "./shared/limits/windows.ts";
import type { Zone } from "../model/calendar.ts";
import { newestExtraUsage } from "../model/limit-readings.ts";
import type { Column } from "../render/columns.ts";
import { compactCount, count, isoOrNull, money, padEnd } from "../render/format.ts";
import { clean, cut, type Style, percent, width as widthOf } from "../utils/terminal.ts";
import { ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** The columns at a time (epoch ms). */
const columnsAt = (now: number, zone: Zone, hasSpend: boolean): readonly Column<LimitEntry>[] => [
  { name: "Limit", kind: "text", priority: 9, value: ({ name }) => name, field: "name" },
  {
    name: "Used",
    kind: "percent",
    priority: 8,
    value: ({ isOver, percent }) => (isOver ? null : percent),
    field: "usedPercent",
  },
  {
    name: "Resets",
    kind: "time",
    priority: 7,
    value: ({ resetsAt }) => resetsAt ?? "not known",
    field: "resetsAt",
    json: ({ resetsAt }) => isoOrNull(resetsAt),
  },
  { name: "Age", kind: "duration", priority: 6, value: ({ observedAt }) => now - observedAt, field: "ageMs" },
  {
    name: "Pace",
    kind: "percent",
    priority: 4,
    value: ({ pace }) => pace?.percentAtReset ?? null,
    field: "pacePercentAtReset",
  },
  { name: "Forecast", kind: "text", priority: 5, shorten: true, value: (one) => forecastCell(one, zone, now) },
  { name: "Tokens per 1% (est.)", kind: "tokens", priority: 3, value: ({ estimate }) => roundOf(estimate?.tokens) },
  { name: "Cost per 1% (est.)", kind: "money", priority: 2, value: ({ estimate }) => roundOf(estimate?.micros) },
  { name: "Plan", kind: "text", priority: 1, value: ({ plan }) => plan || null, field: "plan" },
  // Shown only where there is a spend limit, so that nobody else gets an empty column.
  { name: "Spent", kind: "text", priority: 8, isHidden: !hasSpend, value: spentOf },
];

const NOTHING_LOGGED = "Nothing is logged about Claude Code's limits.";
const NO_PLAN = "Limits need a claude.ai plan; nobody was signed in with one in the last two weeks.";

/** Width of the names of limits, in columns. */
const NAME_WIDTH = { min: 8, max: 40 };

/** A limit of Claude Code, from our log, or of another assistant, from that assistant's files. */
type LimitEntry = Omit<AssistantLimit, "windowMinutes"> & { readonly estimate: PercentEstimate | undefined };

/** Each limit now: reset, pace, forecast, and the estimated tokens and cost of one percent. */
export const limits: Report = {
  name: "limits",
  description: "use, reset, pace and forecast of each limit; tokens and dollars per percent too",
  options: [...ROWS, "source", "cost-mode"],
  examples: [
    { args: "limits", description: "how full each limit is, and when it will be reached" },
    { args: "limits --json", description: "the same for a script" },
  ],
  related: ["blocks", "logs"],
  async run(query, context): Promise<ReportResult> {
    if (context.members) return (await import("./shared/hub/limits.ts")).hubLimits(query, context);
    return ownLimits(query, context);
  },
};

/** The limits of this machine's account, and of other assistants on it. */
async function ownLimits(
  { filter: { source }, zone, now }: ReportQuery,
  context: ReportContext,
): Promise<ReportResult<LimitEntry>> {
  const { queries, costs, assistants, log } = context;
  const isSelected = (one: string): boolean => source === undefined || source === one;
  const records = isSelected(LOGGED_ASSISTANT) ? await log("usage", now - LIMITS_BACK_MS) : [];
  const windows = windowsIn(records, now);
  const estimates = await percentEstimates(windows, queries, costs);
  const extra = newestExtraUsage(records, now);
  const logged = [...limitsAt(windows, now), ...(extra ? [extraLimit(extra, now)] : [])];
  const own = logged.map((limit): LimitEntry => ({
    ...limit,
    source: LOGGED_ASSISTANT,
    family: "",
    plan: "",
    estimate: estimates.get(limit.key),
  }));
  const rows = (await queries.limits(now - LIMITS_BACK_MS)).filter((row) => isSelected(row.source));
  const others = assistantLimitsAt(rows, await queries.limitHistory(now), assistants, now).map((limit): LimitEntry => ({
    ...limit,
    estimate: undefined,
  }));
  const found = [...own, ...others];
  const hasSpend = found.some(({ spend }) => spend);
  const nameWidth = Math.max(NAME_WIDTH.min, ...found.map(({ name }) => widthOf(nameOf(name))));
  const missingNote =
    records.length > 0
      ? NO_PLAN
      : `${found.length === 0 ? "" : `${NOTHING_LOGGED} `}${turnOnLog(await context.logDirectory())}`;
  return {
    columns: columnsAt(now, zone, hasSpend),
    rows: found,
    zone,
    empty: isSelected(LOGGED_ASSISTANT)
      ? records.length === 0
        ? "Nothing is logged about the limits."
        : "Our log holds no limits."
      : "The files of this assistant report no limits in the last two weeks.",
    notes: [
      ...notesOf(own, others, areSeveralAccounts(windows, now)),
      ...(own.length === 0 && isSelected(LOGGED_ASSISTANT) ? [missingNote] : []),
    ],
    ...(found.length > 0 && {
      draw: (style: Style, width: number, shown: readonly LimitEntry[]) =>
        shown.flatMap((one) => lines(one, nameWidth, zone, now, style, width)),
    }),
    json: (shown) => ({ limits: shown.map((one) => jsonOf(one, now)), records: records.length }),
  };
}

const nameOf = (name: string): string => cut(clean(name), NAME_WIDTH.max);

function lines(one: LimitEntry, nameWidth: number, zone: string, now: number, style: Style, width: number): string[] {
  const { percent: used } = one;
  const bar = one.isOver || used === null ? "" : `${style.paint(limitRole(one), style.bar(used))} `;
  const spent = spentOf(one);
  const indent = "  ";
  const head = [
    `${style.paint("name", padEnd(nameOf(one.name), nameWidth))}  ${bar}${style.paint(limitRole(one), usedText(one))}`,
    ...(spent === null ? [] : [clean(spent, 60)]),
    resetText(one, zone, now),
    style.paint("quiet", `seen ${agoOf(one.observedAt, now)}`),
    ...(one.plan === "" ? [] : [style.paint("quiet", `plan ${clean(one.plan)}`)]),
  ];
  const pace = one.pace ? [`pace ${style.glyph("to")} ${percent(one.pace.percentAtReset)}`] : [];
  return [
    ...wrapItems(head, width, 2, style),
    ...wrapItems([`${indent}forecast: ${inGlyphs(forecastCell(one, zone, now), style)}`, ...pace], width, 2, style),
    ...estimateLines(one.estimate).flatMap((line) =>
      wrapItems([style.paint("quiet", inGlyphs(indent + line, style))], width, 2, style),
    ),
  ];
}

function estimateLines(estimate: PercentEstimate | undefined): string[] {
  const { tokens, micros } = estimate ?? {};
  const range = ({ middle, low, high }: PerPercent, write: (value: number) => string): string =>
    `${write(middle)} (${write(low)} to ${write(high)})`;
  return [
    ...(tokens ? [`1% ≈ ${range(tokens, compactCount)} tokens, from ${count(tokens.n)} rises`] : []),
    ...(micros ? [`1% ≈ ${range(micros, (value) => money(Math.round(value)))}, from ${count(micros.n)} rises`] : []),
  ];
}

function notesOf(own: readonly LimitEntry[], others: readonly LimitEntry[], hasSeveralAccounts: boolean): string[] {
  const found = [...own, ...others];
  const elsewhere = own.reduce((sum, { estimate }) => sum + (estimate?.elsewhere ?? 0), 0);
  return [
    ...(own.length > 0 ? ["Claude Code's limits are the last readings in our own usage log."] : []),
    ...(others.length > 0
      ? ["Limits of other assistants are the last readings in their own files; later usage elsewhere is not included."]
      : []),
    ...(found.some(({ forecast }) => forecast !== null)
      ? [
          "Forecast: the median of recent rates, with the slowest and the fastest as its range: over 30m, 1h, 2h and the " +
            "whole window (5 hours), over 1, 2, 4 days and the whole window (week).",
        ]
      : []),
    ...(own.some(({ estimate }) => estimate?.tokens)
      ? ["The value of 1% is an estimate: median and quartiles of this ledger's usage during each rise of the limit."]
      : []),
    ...(elsewhere > 0
      ? [`${count(elsewhere)} rises without usage in this ledger were left out: used elsewhere, or not read yet.`]
      : []),
    ...(hasSeveralAccounts ? ["The log holds more than one account: the limits seen last are shown."] : []),
  ];
}

function jsonOf(one: LimitEntry, now: number) {
  const { key, source, name, family, plan, estimate, spend } = one;
  return {
    source,
    limit: key,
    name,
    family: family || null,
    ...limitJson(one, plan, now),
    ...(spend && { spend }),
    estimate: {
      tokensPerPercent: estimate?.tokens ?? null,
      dollarsPerPercent: estimate?.micros ? inDollars(estimate.micros) : null,
      risesElsewhere: estimate?.elsewhere ?? 0,
    },
  };
}

const roundOf = (one: PerPercent | null | undefined): number | null => (one ? Math.round(one.middle) : null);

const inDollars = ({ middle, low, high, n }: PerPercent): PerPercent => ({
  middle: Math.round(middle) / 1e6,
  low: Math.round(low) / 1e6,
  high: Math.round(high) / 1e6,
  n,
});
