import { addDays, dateOf } from "../../../model/calendar.ts";
import { folderOf } from "../../../model/project.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import { importedDays, importNotes } from "./imported-days.ts";
import type { Column } from "../../../render/columns.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../report.ts";
import { UsageGroup, UsageGroups } from "./groups.ts";
import { projectNames } from "./names.ts";
import { LABEL, lineJson, type UsageLayout, type UsageLine, usageResult } from "./result.ts";

/** A kind of period: its list and row field in JSON, its column, and the period of a local date. */
export interface Period {
  readonly list: string;
  readonly field: string;
  readonly column: string;
  of(date: string): string;
}

/** A period, or what a project used in it. */
interface PeriodLine extends UsageLine {
  readonly name: string;
  readonly project: string;
}

/** Usage by period, oldest first; with --instances by period and project. */
export async function periodsResult(period: Period, query: ReportQuery, context: ReportContext): Promise<ReportResult> {
  const { isByProject } = query;
  const groups = new UsageGroups<string>(context.costs);
  const keyOf = (date: string, project = ""): string => `${period.of(date)}\n${isByProject ? project : ""}`;
  const rows = await context.queries.usage(
    query.filter,
    query.intervals,
    isByProject ? ["source", "project"] : ["source"],
  );
  for (const row of rows) groups.addRow(keyOf(dateOfDay(row.day), row.project), row);
  const days = await importedDays(query, context);
  for (const day of days) groups.addDay(keyOf(day.date), day);
  const byKey = new Map(groups.byKey);
  if (query.hasAllPeriods)
    for (const key of await emptyKeys(keyOf, byKey, query, context)) byKey.set(key, new UsageGroup());
  const lines = [...byKey]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]): PeriodLine => {
      const [name = "", project = ""] = key.split("\n");
      return {
        group,
        name,
        project,
        fields: { [period.field]: name, ...(isByProject && { project: folderOf(project) }) },
      };
    });
  const names = projectNames(lines.map(({ project }) => project));
  const projectColumn: Column<PeriodLine> = {
    name: "Project",
    kind: "text",
    priority: LABEL,
    shorten: true,
    isHidden: !isByProject,
    value: ({ project }) => names.get(project) ?? "",
  };
  const layout: UsageLayout<PeriodLine> = {
    list: period.list,
    order: "asc",
    lead: [
      { name: period.column, kind: "date", priority: LABEL, value: ({ name }) => name, field: period.field },
      projectColumn,
    ],
    notes: importNotes(days),
    ...(isByProject && { json: byProject }),
  };
  return usageResult(layout, lines, groups, query, context);
}

/** Lines by project, as ccusage groups them. */
const byProject = (lines: readonly PeriodLine[]): object => ({
  projects: Object.fromEntries(
    [...Map.groupBy(lines, ({ project }) => folderOf(project))].map(([name, some]) => [
      name,
      some.map((line) => lineJson(line)),
    ]),
  ),
});

/**
 * Keys of the periods without usage: from the first with usage in the ledger or the range, whichever is later, to today or the
 * end of the range.
 */
async function emptyKeys(
  keyOf: (date: string) => string,
  known: ReadonlyMap<string, unknown>,
  { since, until, zone, now }: ReportQuery,
  { queries }: ReportContext,
): Promise<Set<string>> {
  const span = await queries.span();
  if (span === null) return new Set();
  const [first, today] = [dateOf(zone, span.first), dateOf(zone, now)];
  const end = until !== null && until < today ? until : today;
  const found = new Set<string>();
  for (let date = since !== null && since > first ? since : first; date <= end; date = addDays(date, 1))
    found.add(keyOf(date));
  return found.difference(known);
}
