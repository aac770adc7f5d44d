import { BUCKET_MS, type DayRow, type Dimension, type UsageRow } from "../../../ledger/rows.ts";
import { addDays, dateOf } from "../../../model/calendar.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import { importedDays, importNotes, notesWithoutHours } from "./imported-days.ts";
import { keyOf, partsOf } from "../keys.ts";
import type { Report } from "../../contract.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../report.ts";
import { UsageGroup, UsageGroups } from "./groups.ts";
import { partOfDay, splittings } from "./splits.ts";
import { LABEL, lineJson, type UsageLayout, type UsageLine, usageResult } from "./result.ts";

/** A kind of period: its list and row field in JSON, its column, and the period of a local date; or "hours" of the local clock. */
export interface Period {
  readonly list: string;
  readonly field: string;
  readonly column: string;
  readonly of: NonNullable<Report["period"]> | "hours";
}

const HOUR_MS = 3_600_000;

/** A period, or what a part used in it. */
interface PeriodLine extends UsageLine {
  readonly name: string;
  /** Empty for a period that is not split, or without usage. */
  readonly partName: string;
  readonly fields: Readonly<Record<string, string | boolean>>;
}

/** Usage by period, oldest first; with --by also by model, machine, project, person, branch or assistant. */
export async function periodsResult(period: Period, query: ReportQuery, context: ReportContext): Promise<ReportResult> {
  const { split } = query;
  const splitting = split === null ? null : splittings[split];
  const groups = new UsageGroups<string>(context.costs);
  const { dimensions, ofRow, ofDate, current, all } = namingOf(period, query);
  for (const row of await context.queries.usage(query.filter, query.intervals, [
    "source",
    ...dimensions,
    ...(splitting?.dimensions ?? []),
  ]))
    groups.addRow(keyOf(ofRow(row), splitting?.partOf(row, context) ?? ""), row);
  const days = await importedDays(query, context);
  if (ofDate)
    for (const day of days)
      groups.addDay(keyOf(ofDate(day.date), splitting ? partOfDay(splitting, day, context) : ""), day);
  const isEmpty = groups.byKey.size === 0;
  const used = new Set(groups.byKey.keys().map((key) => partsOf(key)[0] ?? ""));
  const unused = query.hasAllPeriods ? all(await firstUse(days, query, context)).difference(used) : [];
  const names = splitting?.namesOf(
    groups.byKey.keys().map((key) => partsOf(key)[1] ?? ""),
    context,
  );
  const lines = [...groups.byKey, ...Array.from(unused, (name) => [name, new UsageGroup()] as const)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]): PeriodLine => {
      const [name = "", part] = partsOf(key);
      const partName = part === undefined ? "" : (names?.get(part) ?? "");
      return {
        group,
        name,
        partName,
        fields: {
          [period.field]: name,
          ...(splitting && { [split ?? ""]: splitting.inJson(part ?? ""), name: partName }),
          ...(name === current && { isOver: false }),
        },
      };
    });
  const layout: UsageLayout<PeriodLine> = {
    list: period.list,
    order: "asc",
    lead: [
      ofDate
        ? { name: period.column, kind: "date", priority: LABEL, value: ({ name }) => name, field: period.field }
        : {
            name: period.column,
            kind: "time",
            priority: LABEL,
            value: ({ name }) => Date.parse(name),
            field: period.field,
          },
      {
        name: splitting?.column ?? "Part",
        kind: "text",
        priority: LABEL,
        shorten: true,
        isHidden: splitting === null,
        value: ({ partName }) => partName,
      },
    ],
    notes: ofDate ? importNotes(days) : notesWithoutHours(days),
    ...(splitting && { json: (shown) => byPart(splitting.list, split ?? "", shown) }),
  };
  return { ...(await usageResult(layout, lines, groups, query, context)), isEmpty };
}

/** Lines by part, as ccusage groups them by project. */
const byPart = (list: string, field: string, lines: readonly PeriodLine[]): object => ({
  [list]: Object.fromEntries(
    [...Map.groupBy(lines, ({ fields }) => fields[field] ?? "")].map(([name, some]) => [
      name,
      some.map((line) => lineJson(line)),
    ]),
  ),
});

/** The names of periods, which sort by time: dates and months, or the first instants of hours in ISO 8601 UTC. */
interface PeriodNaming {
  /** What a query has to group by besides the day. */
  readonly dimensions: readonly Dimension[];
  readonly ofRow: (row: UsageRow) => string;
  /** The period of a local date; null for hours, which a date does not have. */
  readonly ofDate: ((date: string) => string) | null;
  /** The period that is not over. */
  readonly current: string;
  /** All periods from the first usage (see firstUse) or the begin of the range, whichever is later, to now or the end of the range. */
  readonly all: (first: FirstUse | null) => Set<string>;
}

function namingOf({ of }: Period, query: ReportQuery): PeriodNaming {
  const { intervals, since, until, weekStart, zone, now } = query;
  if (of === "hours") {
    const hours = hoursOf(intervals, now);
    return {
      dimensions: ["hour"],
      ofRow: ({ bucket }) => hourName(bucket * BUCKET_MS),
      ofDate: null,
      current: hourName(hours.findLast((at) => at > now - HOUR_MS) ?? 0),
      all: (first) => new Set(first ? hours.filter((at) => at > first.at - HOUR_MS).map(hourName) : []),
    };
  }
  const ofDate = (date: string): string => of(date, weekStart);
  const today = dateOf(zone, now);
  return {
    dimensions: [],
    ofRow: ({ day }) => ofDate(dateOfDay(day)),
    ofDate,
    current: ofDate(today),
    all(first) {
      const found = new Set<string>();
      if (!first) return found;
      const end = until !== null && until < today ? until : today;
      for (let date = since !== null && since > first.date ? since : first.date; date <= end; date = addDays(date, 1))
        found.add(ofDate(date));
      return found;
    },
  };
}

const hourName = (at: number): string => new Date(at).toISOString();

/** The first instants of the local hours of some intervals that have begun at `now`, as queries name them (epoch ms). */
function hoursOf(intervals: ReportQuery["intervals"], now: number): number[] {
  const found: number[] = [];
  for (const { from, to, offsetMs } of intervals) {
    const begin = Math.floor(from / BUCKET_MS) * BUCKET_MS;
    for (let at = begin; at < to && at <= now; at = nextHour(at, offsetMs)) found.push(at);
  }
  return found;
}

const nextHour = (at: number, offsetMs: number): number =>
  (Math.floor((at + offsetMs) / HOUR_MS) + 1) * HOUR_MS - offsetMs;

/** The first usage in the ledger: epoch milliseconds, and its local date. */
interface FirstUse {
  readonly at: number;
  readonly date: string;
}

/** The first usage in the ledger, imported days included; null of an empty ledger. */
async function firstUse(
  imported: readonly DayRow[],
  { zone }: ReportQuery,
  { queries }: ReportContext,
): Promise<FirstUse | null> {
  const span = await queries.span();
  const dates = [...(span ? [dateOf(zone, span.first)] : []), ...imported.map(({ date }) => date)];
  if (dates.length === 0) return null;
  return { at: span?.first ?? 0, date: dates.reduce((least, date) => (date < least ? date : least)) };
}
