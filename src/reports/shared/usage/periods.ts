import { dateOfDay } from "../../../pricing/costs.ts";
import { importedDays, importNotes } from "./imported-days.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../report.ts";
import { UsageGroups } from "./groups.ts";
import { LABEL, type UsageLayout, usageResult } from "./result.ts";

/** A kind of period: its list and row field in JSON, its column, and the period of a local date. */
export interface Period {
  readonly list: string;
  readonly field: string;
  readonly column: string;
  of(date: string): string;
}

/** Usage by period, oldest first. */
export async function periodsResult(period: Period, query: ReportQuery, context: ReportContext): Promise<ReportResult> {
  const groups = new UsageGroups<string>(context.costs);
  for (const row of await context.queries.usage(query.filter, query.intervals, ["source"])) {
    groups.addRow(period.of(dateOfDay(row.day)), row);
  }
  const days = await importedDays(query, context);
  for (const day of days) groups.addDay(period.of(day.date), day);
  const lines = [...groups.byKey]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, group]) => ({ group, name, fields: { [period.field]: name } }));
  const layout: UsageLayout<(typeof lines)[number]> = {
    list: period.list,
    lead: [{ name: period.column, kind: "date", priority: LABEL, value: ({ name }) => name }],
    notes: importNotes(days),
  };
  return usageResult(layout, lines, groups, query, context);
}
