import { microsOf } from "../../../model/price.ts";
import type { Progress } from "../../../ledger/sqlite/Files.ts";
import type { ResponseRow, UnrecordedRow, UsageRow } from "../../../ledger/rows.ts";
import { addDays, dateOf, offsetsIn, startOfDay, weekOf, type Zone } from "../../../model/calendar.ts";
import type { LogRecord } from "../../../model/record.ts";
import { extraIn } from "../../../model/sighting.ts";
import { totalOf } from "../../../model/tokens.ts";
import { LOGGED_ASSISTANT } from "../../../model/record.ts";
import { type Assistant, titleOf } from "../assistants.ts";
import { type CostMode, type Costs, dateOfDay, PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { type FindingStory, storiesOf } from "../findings.ts";
import { projectNames } from "../usage/names.ts";
import { type NotRecorded, notRecordedOf } from "../usage/not-recorded.ts";
import type { ReportContext, ReportQuery } from "../question.ts";
import { WINDOWS_BACK_MS } from "../../../ledger/limits.ts";
import { assistantLimitsAt } from "../limits/assistants.ts";
import { areSeveralAccounts, extraLimit, type Limit, limitsAt, GLANCE_BACK_MS, windowsIn } from "../limits/windows.ts";

/** Days of the sparkline, today's the last. */
export const OVERVIEW_DAYS = 30;
/** The stretch over which the burn rate is taken, milliseconds. */
export const BURN_MS = 30 * 60_000;
const TOP = 5;
const SUNDAY = 0;
const HOUR_MS = 3_600_000;

/** All that the overview is made of, as it was found at `now` (epoch ms). */
export interface OverviewGiven {
  readonly now: number;
  readonly zone: Zone;
  /** Usage by day, project and assistant of the last 30 days at least. */
  readonly rows: readonly UsageRow[];
  /** Responses of the week whose usage is not recorded. */
  readonly unrecorded: readonly UnrecordedRow[];
  /** The same of the last 30 days, in words. */
  readonly notRecorded: NotRecorded;
  readonly assistants: readonly Assistant[];
  /** Responses of the last BURN_MS. */
  readonly recent: readonly ResponseRow[];
  /** End of the quarter hour of the newest response of all; null without any. */
  readonly lastResponse: number | null;
  /** First local date that the ledger knows usage of; null without any. */
  readonly firstDate: string | null;
  /** What the question is narrowed to: "project api"; limits are by assistant only, findings never. */
  readonly narrowed: readonly string[];
  /** Whether it is about the assistant whose limits our log tells, too. */
  readonly isOfLogged: boolean;
  /** Windows of the other assistants that are open. */
  readonly otherLimits: readonly Limit[];
  readonly usageLog: readonly LogRecord[];
  readonly findingLog: readonly LogRecord[];
  /** Whether our log holds anything at all. */
  readonly isLogged: boolean;
  readonly costs: Costs;
  readonly progress: Progress;
}

/** One screen: what `pawprint` alone and `pawprint live` show. */
export interface Overview {
  readonly now: number;
  readonly zone: Zone;
  readonly narrowed: readonly string[];
  readonly mode: CostMode;
  /** Whether the ledger knows any usage at all. */
  readonly isEmpty: boolean;
  readonly today: PricedTotals;
  readonly week: PricedTotals;
  /** Those that were used within the week, the dearest first. */
  readonly assistants: readonly {
    readonly source: string;
    readonly title: string;
    readonly today: PricedTotals;
    readonly week: PricedTotals;
    /** Responses of the week whose usage is not recorded; without any other the sums tell nothing. */
    readonly unrecorded: number;
  }[];
  readonly notRecorded: NotRecorded;
  /** What people call the assistant of all usage; null where there are several. */
  readonly only: string | null;
  /** First local date of the week. */
  readonly weekSince: string;
  /** Tokens of each of the last 30 days, today's last; null before the ledger begins. */
  readonly days: readonly (number | null)[];
  readonly month: PricedTotals;
  /** Over the last BURN_MS; null where nothing was used in them. Micro-dollars are null without a price. */
  readonly burn: {
    readonly tokensPerMinute: number;
    readonly microsPerHour: number | null;
    /** Some of the tokens have no price. */
    readonly isPartly: boolean;
  } | null;
  readonly lastResponse: number | null;
  readonly isOfLogged: boolean;
  readonly limits: readonly Limit[];
  readonly areSeveralAccounts: boolean;
  /** Projects of today, the dearest first. */
  readonly top: readonly { readonly project: string; readonly name: string; readonly sum: PricedTotals }[];
  /** How many more projects there were today. */
  readonly more: number;
  /** Open findings, the worst first; null where nothing is logged. */
  readonly findings: readonly FindingStory[] | null;
  readonly progress: Progress;
}

/** Looks up what the overview of a question is made of. Its range does not matter: the overview has its own. */
export async function overviewGiven({ filter, zone, now }: ReportQuery, books: ReportContext): Promise<OverviewGiven> {
  const { queries: ledger, costs, progress } = books;
  const from = startOfDay(zone, addDays(dateOf(zone, now), 1 - OVERVIEW_DAYS));
  // What is dated ahead of this clock belongs to no day yet.
  const to = startOfDay(zone, addDays(dateOf(zone, now), 1));
  const span = ledger.span();
  const week = startOfDay(zone, weekOf(dateOf(zone, now), SUNDAY));
  const isAsked = (source: string): boolean => filter.source === undefined || filter.source === source;
  const told = ledger.limits(now - WINDOWS_BACK_MS).filter(({ source }) => isAsked(source));
  const [usageLog, findingLog] = await Promise.all([
    isAsked(LOGGED_ASSISTANT) ? books.log("usage", now - GLANCE_BACK_MS) : [],
    books.log("diagnostics", 0),
  ]);
  return {
    now,
    zone,
    rows: ledger.usage({ ...filter, from, to }, offsetsIn(zone, from, to), ["project", "source"]),
    unrecorded: ledger.unrecorded({ ...filter, from: week, to }),
    notRecorded: notRecordedOf({ filter: { ...filter, from, to } }, books),
    assistants: books.assistants,
    recent: ledger.responses({ ...filter, from: now - BURN_MS, to: now + 1 }),
    lastResponse: span && Math.min(span.last, now),
    firstDate: span && dateOf(zone, span.first),
    narrowed: (["project", "model", "branch", "source", "session"] as const)
      .flatMap((name) => (filter[name] === undefined ? [] : [`${name} ${filter[name]}`]))
      .concat(filter.accounts?.map((account) => `account ${account}`) ?? []),
    isOfLogged: isAsked(LOGGED_ASSISTANT),
    otherLimits:
      told.length === 0
        ? []
        : assistantLimitsAt(told, ledger.limitHistory(now), books.assistants, now).filter(({ isOver }) => !isOver),
    usageLog,
    findingLog,
    isLogged: usageLog.length + findingLog.length > 0,
    costs,
    progress,
  };
}

/** What one screen tells. */
export function overviewOf(given: OverviewGiven): Overview {
  const { now, zone, rows, costs, firstDate } = given;
  const date = dateOf(zone, now);
  const dateOfRow = ({ day }: UsageRow): string => dateOfDay(day);
  const weekSince = weekOf(date, SUNDAY);
  const sumOf = (some: readonly UsageRow[]): PricedTotals => sumBy(some, costs, () => null).all;
  const todays = rows.filter((row) => dateOfRow(row) === date);
  const weeks = rows.filter((row) => dateOfRow(row) >= weekSince);
  const sources = new Set(rows.map(({ source }) => source));
  const byDay = sumBy(rows, costs, dateOfRow).sums;
  const byProject = sumBy(todays, costs, ({ project }) => project).sums;
  const names = projectNames(byProject.keys());
  const projects = [...byProject].toSorted(([, a], [, b]) => Number(b.pico - a.pico) || b.total - a.total);
  const windows = windowsIn(given.usageLog, now);
  const extra = extraIn(given.usageLog, now);
  const rank = { error: 0, warning: 1, info: 2 } as const;
  return {
    now,
    zone,
    narrowed: given.narrowed,
    mode: costs.mode,
    isEmpty: firstDate === null,
    today: sumOf(todays),
    week: sumOf(weeks),
    assistants: assistantsOf(given, weeks, todays),
    notRecorded: given.notRecorded,
    only: sources.size === 1 ? titleOf(given.assistants, [...sources][0] ?? "") : null,
    weekSince,
    days: Array.from({ length: OVERVIEW_DAYS }, (_, index) => {
      const day = addDays(date, index + 1 - OVERVIEW_DAYS);
      return firstDate === null || day < firstDate ? null : (byDay.get(day)?.total ?? 0);
    }),
    month: sumOf(rows),
    burn: burnOf(given),
    lastResponse: given.lastResponse,
    isOfLogged: given.isOfLogged,
    limits: [...limitsAt(windows, now), ...(extra ? [extraLimit(extra, now)] : []), ...given.otherLimits],
    areSeveralAccounts: areSeveralAccounts(windows, now),
    top: projects.slice(0, TOP).map(([project, sum]) => ({ project, name: names.get(project) ?? project, sum })),
    more: Math.max(projects.length - TOP, 0),
    findings: given.isLogged
      ? storiesOf(given.findingLog)
          .filter(({ isOpen }) => isOpen)
          .toSorted((a, b) => rank[a.severity] - rank[b.severity])
      : null,
    progress: given.progress,
  };
}

function assistantsOf(
  { assistants, costs, unrecorded }: OverviewGiven,
  weeks: readonly UsageRow[],
  todays: readonly UsageRow[],
): Overview["assistants"] {
  const [week, today] = [weeks, todays].map((rows) => sumBy(rows, costs, ({ source }) => source).sums);
  const sources = new Set([...weeks, ...unrecorded].map(({ source }) => source));
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

function burnOf({ recent, costs }: OverviewGiven): Overview["burn"] {
  const tokens = recent.reduce((sum, row) => sum + totalOf(row), 0);
  if (tokens === 0) return null;
  const picos = recent.map((row) => costs.of(row, row.at)).filter((pico) => pico !== null);
  const micros = microsOf(picos.reduce((sum, pico) => sum + pico, 0n));
  return {
    tokensPerMinute: tokens / (BURN_MS / 60_000),
    microsPerHour: picos.length === 0 ? null : Math.round(micros * (HOUR_MS / BURN_MS)),
    isPartly: picos.length < recent.length,
  };
}
