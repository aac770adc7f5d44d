import type { DayRow } from "../../../ledger/rows.ts";
import { addDays, dateOf } from "../../../model/calendar.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import { importedDays, importNotes } from "./imported-days.ts";
import { keyOf, partsOf } from "../keys.ts";
import type { Report } from "../../contract.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../report.ts";
import { UsageGroup, UsageGroups } from "./groups.ts";
import { type Splitting, splittings } from "./splits.ts";
import { LABEL, lineJson, type UsageLayout, type UsageLine, usageResult } from "./result.ts";

/** A kind of period: its list and row field in JSON, its column, and the period of a local date. */
export interface Period {
  readonly list: string;
  readonly field: string;
  readonly column: string;
  readonly of: NonNullable<Report["period"]>;
}

/** A period, or what a part used in it. */
interface PeriodLine extends UsageLine {
  readonly name: string;
  /** Empty for a period that is not split, or without usage. */
  readonly partName: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Usage by period, oldest first; with --instances by period and project, with --by by period and machine or person. */
export async function periodsResult(period: Period, query: ReportQuery, context: ReportContext): Promise<ReportResult> {
  const { split, weekStart } = query;
  const splitting = split === null ? null : splittings[split];
  const groups = new UsageGroups<string>(context.costs);
  const periodOf = (date: string): string => period.of(date, weekStart);
  const lineKey = (date: string, part: string): string => keyOf(periodOf(date), part);
  const dimensions = ["source", ...(splitting ? [splitting.dimension] : [])] as const;
  for (const row of await context.queries.usage(query.filter, query.intervals, dimensions))
    groups.addRow(lineKey(dateOfDay(row.day), splitting?.partOf(row, context.members) ?? ""), row);
  const days = await importedDays(query, context);
  for (const day of days) groups.addDay(lineKey(day.date, ""), day);
  const isEmpty = groups.byKey.size === 0;
  const used = new Set(groups.byKey.keys().map((key) => partsOf(key)[0] ?? ""));
  const unused = query.hasAllPeriods ? (await allPeriods(periodOf, days, query, context)).difference(used) : [];
  const names = splitting?.namesOf(groups.byKey.keys().map((key) => partsOf(key)[1] ?? ""));
  const lines = [...groups.byKey, ...Array.from(unused, (name) => [name, new UsageGroup()] as const)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]): PeriodLine => {
      const [name = "", part] = partsOf(key);
      return {
        group,
        name,
        partName: part === undefined ? "" : (names?.get(part) ?? ""),
        fields: { [period.field]: name, ...(splitting && { [splitting.field]: splitting.inJson(part ?? "") }) },
      };
    });
  const layout: UsageLayout<PeriodLine> = {
    list: period.list,
    order: "asc",
    lead: [
      { name: period.column, kind: "date", priority: LABEL, value: ({ name }) => name, field: period.field },
      {
        name: splitting?.column ?? "Part",
        kind: "text",
        priority: LABEL,
        shorten: true,
        isHidden: splitting === null,
        value: ({ partName }) => partName,
      },
    ],
    notes: importNotes(days),
    ...(splitting && { json: (shown) => byPart(splitting, shown) }),
  };
  return { ...(await usageResult(layout, lines, groups, query, context)), isEmpty };
}

/** Lines by part, as ccusage groups them by project. */
const byPart = ({ list, field }: Splitting, lines: readonly PeriodLine[]): object => ({
  [list]: Object.fromEntries(
    [...Map.groupBy(lines, ({ fields }) => fields[field] ?? "")].map(([name, some]) => [
      name,
      some.map((line) => lineJson(line)),
    ]),
  ),
});

/**
 * The periods from the first usage in the ledger, imported days included, or from the range, whichever is later, to today or the
 * end of the range; none of an empty ledger.
 */
async function allPeriods(
  periodOf: (date: string) => string,
  imported: readonly DayRow[],
  { since, until, zone, now }: ReportQuery,
  { queries }: ReportContext,
): Promise<Set<string>> {
  const span = await queries.span();
  const dates = [...(span ? [dateOf(zone, span.first)] : []), ...imported.map(({ date }) => date)];
  const found = new Set<string>();
  if (dates.length === 0) return found;
  const first = dates.reduce((least, date) => (date < least ? date : least));
  const today = dateOf(zone, now);
  const end = until !== null && until < today ? until : today;
  for (let date = since !== null && since > first ? since : first; date <= end; date = addDays(date, 1))
    found.add(periodOf(date));
  return found;
}
