import { microsOf } from "../../../model/price.ts";
import type { Progress, ResponseRow, UnrecordedRow, UsageRow } from "../../../ledger/rows.ts";
import { addDays, dateOf, offsetsIn, startOfDay, weekOf, type Zone } from "../../../model/calendar.ts";
import type { LoggedRecord } from "../../../model/record.ts";
import { newestExtraUsage } from "../../../model/limit-readings.ts";
import { totalOf } from "../../../model/tokens.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { type Assistant, titleOf } from "../assistants.ts";
import { type CostMode, type Costs, dateOfDay, PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { type FindingHistory, findingHistories } from "../findings.ts";
import { machineName } from "../members.ts";
import { isWholeSubscription, planWorthBy, type PlanWorth } from "../plan/worth.ts";
import { projectNames } from "../usage/names.ts";
import { type NotRecorded, notRecordedOf } from "../usage/not-recorded.ts";
import type { ReportContext, ReportQuery } from "../report.ts";
import { WINDOWS_BACK_MS } from "../../../ledger/limits.ts";
import { assistantLimitsAt } from "../limits/assistants.ts";
import {
  areSeveralAccounts,
  extraLimit,
  type LimitState,
  limitsAt,
  RECENT_LOG_MS,
  windowsIn,
} from "../limits/windows.ts";

/** Days in the sparkline; today is the last. */
export const OVERVIEW_DAYS = 30;
/** The interval of the burn rate, milliseconds. */
export const BURN_MS = 30 * 60_000;
const TOP_PROJECTS = 5;
/** The first day of the week, if --start-of-week does not say otherwise. */
const SUNDAY = 0;
const HOUR_MS = 3_600_000;

/** The data of the overview at `now` (epoch ms). */
export interface OverviewInput {
  readonly now: number;
  readonly zone: Zone;
  /** First local date of the week. */
  readonly weekSince: string;
  /** Usage by day, project and assistant, of at least the last 30 days. */
  readonly rows: readonly UsageRow[];
  /** Responses of this week whose usage is not recorded. */
  readonly unrecorded: readonly UnrecordedRow[];
  /** Notes and JSON fields for those of the last 30 days. */
  readonly notRecorded: NotRecorded;
  readonly assistants: readonly Assistant[];
  /** Responses within the last BURN_MS. */
  readonly recent: readonly ResponseRow[];
  /** End of the 15-minute bucket of the newest response; null without any. */
  readonly lastResponse: number | null;
  /** First local date with usage in the ledger; null without any. */
  readonly firstDate: string | null;
  /** The filters of the query, for instance "project api". Limits are filtered by assistant only, findings never. */
  readonly narrowed: readonly string[];
  /** Whether the query includes the assistant whose limits are in our log. */
  readonly includesLogged: boolean;
  /** Open windows of the other assistants. */
  readonly otherLimits: readonly LimitState[];
  readonly usageLog: readonly LoggedRecord[];
  readonly findingLog: readonly LoggedRecord[];
  /** Whether our log holds any records, and its directory as shown. */
  readonly isLogged: boolean;
  readonly logDirectory: string;
  /** Whether the ledger is that of a hub, which has no log of its own. */
  readonly isHub: boolean;
  readonly costs: Costs;
  /** What the Claude subscription costs a month, in dollars; 0 if that is not set or the query does not select all of its usage. */
  readonly planDollars: number;
  readonly progress: Progress;
}

/** The numbers on the screen of `pawprint` without a command and of `pawprint live`. */
export interface Overview {
  readonly now: number;
  readonly zone: Zone;
  readonly narrowed: readonly string[];
  readonly mode: CostMode;
  /** Whether the ledger holds no usage. */
  readonly isEmpty: boolean;
  readonly today: PricedTotals;
  readonly week: PricedTotals;
  /** Assistants used this week, most expensive first. */
  readonly assistants: readonly {
    readonly source: string;
    readonly title: string;
    readonly today: PricedTotals;
    readonly week: PricedTotals;
    /** Responses of this week whose usage is not recorded; where there are no others, the sums are unknown. */
    readonly unrecorded: number;
  }[];
  readonly notRecorded: NotRecorded;
  /** Display name of the assistant where all usage is from one; null where there are several. */
  readonly onlyAssistant: string | null;
  /** First local date of the week. */
  readonly weekSince: string;
  /** Tokens of each of the last 30 days, today last; null before the ledger begins. */
  readonly days: readonly (number | null)[];
  readonly month: PricedTotals;
  /** What a Claude subscription was worth in these days; null if it is not known what it costs. */
  readonly plan: PlanWorth | null;
  /** Burn rate over the last BURN_MS; null without usage. Micro-dollars are null without a price. */
  readonly burn: {
    readonly tokensPerMinute: number;
    readonly microsPerHour: number | null;
    /** Whether some of the tokens have no price. */
    readonly isPartlyPriced: boolean;
  } | null;
  readonly lastResponse: number | null;
  readonly includesLogged: boolean;
  readonly limits: readonly LimitState[];
  readonly areSeveralAccounts: boolean;
  /** Today's projects, most expensive first. */
  readonly top: readonly { readonly project: string; readonly name: string; readonly sum: PricedTotals }[];
  /** The number of today's projects that are not in `top`. */
  readonly moreProjects: number;
  /** Open findings, most severe first; null without a log. */
  readonly findings: readonly FindingHistory[] | null;
  /** The directory of our log, as shown. */
  readonly logDirectory: string;
  readonly isHub: boolean;
  readonly progress: Progress;
}

/** Reads the data of the overview. The range of the query is ignored: the overview has its own. */
export async function overviewInput(
  { filter, zone, now, weekStart }: ReportQuery,
  context: ReportContext,
): Promise<OverviewInput> {
  const { queries, costs } = context;
  const from = startOfDay(zone, addDays(dateOf(zone, now), 1 - OVERVIEW_DAYS));
  // Usage dated after today (a clock was ahead) is left out.
  const to = startOfDay(zone, addDays(dateOf(zone, now), 1));
  const span = await queries.span();
  const weekSince = weekOf(dateOf(zone, now), weekStart ?? SUNDAY);
  const week = startOfDay(zone, weekSince);
  const isSelected = (source: string): boolean => filter.source === undefined || filter.source === source;
  const limitRows = (await queries.limits(now - WINDOWS_BACK_MS)).filter(({ source }) => isSelected(source));
  const [usageLog, findingLog] = await Promise.all([
    isSelected(LOGGED_ASSISTANT) ? context.log("usage", now - RECENT_LOG_MS) : [],
    context.log("diagnostics", 0),
  ]);
  return {
    now,
    zone,
    weekSince,
    rows: await queries.usage({ ...filter, from, to }, offsetsIn(zone, from, to), ["project", "source"]),
    unrecorded: await queries.unrecorded({ ...filter, from: week, to }),
    notRecorded: await notRecordedOf({ filter: { ...filter, from, to } }, context),
    assistants: context.assistants,
    recent: await queries.responses({ ...filter, from: now - BURN_MS, to: now + 1 }),
    lastResponse: span?.lastUsage == null ? null : Math.min(span.lastUsage, now),
    firstDate: span && dateOf(zone, span.first),
    narrowed: (["project", "model", "branch", "source", "session"] as const)
      .flatMap((name) => (filter[name] === undefined ? [] : [`${name} ${filter[name]}`]))
      .concat(filter.accounts?.map((account) => `account ${account}`) ?? [])
      .concat(filter.machines?.map((one) => `machine ${machineName(context.members, one)}`) ?? []),
    includesLogged: isSelected(LOGGED_ASSISTANT),
    otherLimits: context.members
      ? await hubLimits({ filter, now }, context)
      : limitRows.length === 0
        ? []
        : assistantLimitsAt(limitRows, await queries.limitHistory(now), context.assistants, now).filter(
            ({ isOver }) => !isOver,
          ),
    usageLog,
    findingLog,
    isHub: context.members !== undefined,
    isLogged: usageLog.length + findingLog.length > 0,
    logDirectory: await context.logDirectory(),
    costs,
    planDollars: isWholeSubscription(filter) ? (context.planDollars ?? 0) : 0,
    progress: await queries.progress(),
  };
}

/** The open limits of the accounts that the selected machines use, each named by its account. */
async function hubLimits(query: Pick<ReportQuery, "filter" | "now">, context: ReportContext): Promise<LimitState[]> {
  const { accountLimits } = await import("../hub/account-limits.ts");
  const { found } = await accountLimits(query, context);
  return found
    .filter(({ source, state }) => !state.isOver && (query.filter.source ?? source) === source)
    .map(({ account, state }) => ({ ...state, name: `${account}, ${state.name}` }));
}

/** Computes the overview from its data. */
export function overviewOf(input: OverviewInput): Overview {
  const { now, zone, rows, costs, firstDate, weekSince } = input;
  const date = dateOf(zone, now);
  const dateOfRow = ({ day }: UsageRow): string => dateOfDay(day);
  const sumOf = (usage: readonly UsageRow[]): PricedTotals => sumBy(usage, costs, () => null).all;
  const todayRows = rows.filter((row) => dateOfRow(row) === date);
  const weekRows = rows.filter((row) => dateOfRow(row) >= weekSince);
  const sources = new Set(rows.map(({ source }) => source));
  const byDay = sumBy(rows, costs, dateOfRow).sums;
  const byProject = sumBy(todayRows, costs, ({ project }) => project).sums;
  const names = projectNames(byProject.keys());
  const projects = [...byProject].toSorted(([, a], [, b]) => Number(b.pico - a.pico) || b.total - a.total);
  const windows = windowsIn(input.usageLog, now);
  const extra = newestExtraUsage(input.usageLog, now);
  const rank = { error: 0, warning: 1, info: 2 } as const;
  return {
    now,
    zone,
    narrowed: input.narrowed,
    mode: costs.mode,
    isEmpty: firstDate === null,
    today: sumOf(todayRows),
    week: sumOf(weekRows),
    assistants: assistantsOf(input, weekRows, todayRows),
    notRecorded: input.notRecorded,
    onlyAssistant: sources.size === 1 ? titleOf(input.assistants, [...sources][0] ?? "") : null,
    weekSince,
    days: Array.from({ length: OVERVIEW_DAYS }, (_, index) => {
      const day = addDays(date, index + 1 - OVERVIEW_DAYS);
      return firstDate === null || day < firstDate ? null : (byDay.get(day)?.total ?? 0);
    }),
    month: sumOf(rows),
    plan: planWorthOf(input),
    burn: burnOf(input),
    lastResponse: input.lastResponse,
    includesLogged: input.includesLogged,
    limits: [...limitsAt(windows, now), ...(extra ? [extraLimit(extra, now)] : []), ...input.otherLimits],
    areSeveralAccounts: areSeveralAccounts(windows, now),
    top: projects
      .slice(0, TOP_PROJECTS)
      .map(([project, sum]) => ({ project, name: names.get(project) ?? project, sum })),
    moreProjects: Math.max(projects.length - TOP_PROJECTS, 0),
    findings: input.isLogged
      ? findingHistories(input.findingLog)
          .filter(({ isOpen }) => isOpen)
          .toSorted((a, b) => rank[a.severity] - rank[b.severity])
      : null,
    logDirectory: input.logDirectory,
    isHub: input.isHub,
    progress: input.progress,
  };
}

function assistantsOf(
  { assistants, costs, unrecorded }: OverviewInput,
  weekRows: readonly UsageRow[],
  todayRows: readonly UsageRow[],
): Overview["assistants"] {
  const [week, today] = [weekRows, todayRows].map((rows) => sumBy(rows, costs, ({ source }) => source).sums);
  const sources = new Set([...weekRows, ...unrecorded].map(({ source }) => source));
  return Array.from(sources, (source) => ({
    source,
    title: titleOf(assistants, source),
    today: today?.get(source) ?? new PricedTotals(),
    week: week?.get(source) ?? new PricedTotals(),
    unrecorded: unrecorded.reduce((sum, row) => sum + (row.source === source ? row.responses : 0), 0),
  })).toSorted(
    (a, b) => Number(b.week.pico - a.week.pico) || b.week.total - a.week.total || (a.title < b.title ? -1 : 1),
  );
}

function planWorthOf({ rows, costs, planDollars }: OverviewInput): PlanWorth | null {
  if (planDollars === 0) return null;
  const worth = planWorthBy(rows, costs, planDollars, () => null).get(null);
  return worth && worth.usage.responses > 0 ? worth : null;
}

function burnOf({ recent, costs }: OverviewInput): Overview["burn"] {
  const tokens = recent.reduce((sum, row) => sum + totalOf(row), 0);
  if (tokens === 0) return null;
  const picos = recent.map((row) => costs.of(row, row.at)).filter((pico) => pico !== null);
  const micros = microsOf(picos.reduce((sum, pico) => sum + pico, 0n));
  return {
    tokensPerMinute: tokens / (BURN_MS / 60_000),
    microsPerHour: picos.length === 0 ? null : Math.round(micros * (HOUR_MS / BURN_MS)),
    isPartlyPriced: picos.length < recent.length,
  };
}
