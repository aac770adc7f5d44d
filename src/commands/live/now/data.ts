import { BUCKET_MS, type ResponseRow, type UsageRow } from "../../../ledger/rows.ts";
import { addDays, dateOf, localHour, offsetsIn, startOfDay } from "../../../model/calendar.ts";
import { microsOf } from "../../../model/price.ts";
import { LOGGED_ASSISTANT, type LoggedRecord } from "../../../model/record.ts";
import { sessionOf } from "../../../model/session.ts";
import { promptOf, totalOf } from "../../../model/tokens.ts";
import { type Costs, PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { sessionKey, titleOf } from "../../../reports/shared/assistants.ts";
import { type Overview, overviewInput, overviewOf } from "../../../reports/shared/overview/overview.ts";
import type { ReportContext, ReportQuery } from "../../../reports/shared/report.ts";
import { UsageGroups } from "../../../reports/shared/usage/groups.ts";
import { modelNames, projectNames, shortModel } from "../../../reports/shared/usage/names.ts";
import { fields, text } from "../../../utils/json.ts";

/** Minutes of the charts of the last hour. */
export const MINUTES = 60;
const MINUTE_MS = 60_000;
const HOURS = 24;

/** Usage of one minute: tokens, and micro-dollars of those with a price. */
export interface MinuteUsage {
  readonly tokens: number;
  readonly micros: number;
}

/** How much of its context window a session used, in percent, when Claude Code last said so (epoch ms). */
export interface ContextReading {
  readonly percent: number;
  readonly at: number;
}

/** A session with a response in the last hour. */
export interface WorkingSession {
  readonly project: string;
  /** The assistant's display name. */
  readonly assistant: string;
  /** The model of its last response; of the main thread if that responded in the last hour. */
  readonly model: string;
  /** Epoch ms. */
  readonly lastAt: number;
  /** Tokens of the last request of its main thread; null where none was in the last hour. */
  readonly promptTokens: number | null;
  /** Null where our log does not have it. */
  readonly context: ContextReading | null;
  /** Its usage since midnight. */
  readonly today: PricedTotals;
}

/** Usage under a name: a project, a model. */
export interface NamedUsage {
  readonly name: string;
  readonly sum: PricedTotals;
}

/** The numbers of the first page: those of the overview, and what is going on. */
export interface NowData {
  readonly overview: Overview;
  /** The last hour by minute; the last one is not over yet. */
  readonly minutes: readonly MinuteUsage[];
  /** Responses of the last hour without a price. */
  readonly unpricedResponses: number;
  /** Last active first. */
  readonly sessions: readonly WorkingSession[];
  /** Today by hour of the local clock; null for hours that have not begun. */
  readonly hours: readonly (PricedTotals | null)[];
  /** Of the query's range, most expensive first. */
  readonly projects: readonly NamedUsage[];
  readonly models: readonly NamedUsage[];
}

/** Reads and computes the first page. The range of the query is that of projects and models. */
export async function nowData(query: ReportQuery, context: ReportContext): Promise<NowData> {
  const { filter, zone, now, intervals } = query;
  const { queries, costs } = context;
  const overview = overviewOf(await overviewInput(query, context));
  const from = startOfDay(zone, dateOf(zone, now));
  const to = startOfDay(zone, addDays(dateOf(zone, now), 1));
  const today = await queries.usage({ ...filter, from, to }, offsetsIn(zone, from, to), [
    "bucket",
    "source",
    "session",
  ]);
  const begin = hourBefore(now);
  const recent = await queries.responses({ ...filter, from: begin, to: now + 1 });
  const range = await queries.usage(filter, intervals, ["project"]);
  const log = overview.includesLogged ? await context.log("usage", begin) : [];
  const byHour = sumBy(today, costs, ({ bucket }) => localHour(zone, bucket * BUCKET_MS)).sums;
  const hour = localHour(zone, now);
  return {
    overview,
    minutes: minutesOf(recent, costs, begin),
    unpricedResponses: recent.filter((row) => totalOf(row) > 0 && costs.of(row, row.at) === null).length,
    sessions: sessionsOf(recent, today, contextReadings(log), context),
    hours: Array.from({ length: HOURS }, (_, index) =>
      index > hour ? null : (byHour.get(index) ?? new PricedTotals()),
    ),
    projects: namedUsage(range, costs, ({ project }) => project, projectNames),
    models: namedUsage(
      range,
      costs,
      ({ model }) => model,
      (models) => modelNames(models, context.modelNames),
    ),
  };
}

/** The beginning of the first of MINUTES whole minutes, of which the last contains `now` (epoch ms). */
const hourBefore = (now: number): number => (Math.floor(now / MINUTE_MS) + 1 - MINUTES) * MINUTE_MS;

function minutesOf(recent: readonly ResponseRow[], costs: Costs, begin: number): MinuteUsage[] {
  const sums = Array.from({ length: MINUTES }, () => ({ tokens: 0, pico: 0n }));
  for (const row of recent) {
    const sum = sums[Math.floor((row.at - begin) / MINUTE_MS)];
    if (!sum) continue;
    sum.tokens += totalOf(row);
    sum.pico += costs.of(row, row.at) ?? 0n;
  }
  return sums.map(({ tokens, pico }) => ({ tokens, micros: microsOf(pico) }));
}

/** The last reading of the context of each session in records of the log, oldest first, by session id. */
function contextReadings(log: readonly LoggedRecord[]): Map<string, ContextReading> {
  const readings = new Map<string, ContextReading>();
  for (const record of log) {
    const { percent } = sessionOf(fields("statusline" in record ? record.statusline : null)).context;
    const session = text(record.session_id);
    if (session && percent !== null) readings.set(session, { percent, at: Date.parse(record.timestamp) });
  }
  return readings;
}

/** The sessions of some responses, oldest first. */
function sessionsOf(
  recent: readonly ResponseRow[],
  today: readonly UsageRow[],
  readings: ReadonlyMap<string, ContextReading>,
  { costs, assistants, modelNames: given }: ReportContext,
): WorkingSession[] {
  const used = sumBy(today, costs, sessionKey).sums;
  const bySession = [...Map.groupBy(recent, sessionKey)];
  const names = projectNames(recent.map(({ project }) => project));
  return bySession
    .flatMap(([key, responses]): WorkingSession[] => {
      const main = responses.findLast(({ agent }) => agent === "");
      const last = responses.at(-1);
      if (!last) return [];
      return [
        {
          project: names.get((main ?? last).project) ?? last.project,
          assistant: titleOf(assistants, last.source),
          model: shortModel((main ?? last).model, given),
          lastAt: last.at,
          promptTokens: main ? promptOf(main) : null,
          context: last.source === LOGGED_ASSISTANT ? (readings.get(last.session) ?? null) : null,
          today: used.get(key) ?? new PricedTotals(),
        },
      ];
    })
    .toSorted((a, b) => b.lastAt - a.lastAt);
}

function namedUsage(
  rows: readonly UsageRow[],
  costs: Costs,
  keyOf: (row: UsageRow) => string,
  namesOf: (keys: Iterable<string>) => ReadonlyMap<string, string>,
): NamedUsage[] {
  const groups = new UsageGroups<string>(costs);
  for (const row of rows) groups.addRow(keyOf(row), row);
  const names = namesOf(groups.byKey.keys());
  return groups.byCost().map(([key, { all }]) => ({ name: names.get(key) ?? key, sum: all }));
}
