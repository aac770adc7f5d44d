import { dateOfDay } from "../../../pricing/costs.ts";
import { importedDays, importNotes } from "./imported-days.ts";
import type { ReportResult, ReportContext, ReportQuery } from "../question.ts";
import { UsageGroups } from "./tally.ts";
import { LABEL, usageAnswer } from "./answer.ts";

/** Sorts of periods: the list and the field of a row in JSON, the column, and the period that a local date is in. */
export interface Period {
  readonly list: string;
  readonly field: string;
  readonly column: string;
  of(date: string): string;
}

/** Usage by periods, the oldest first. */
export function periodsAnswer(period: Period, question: ReportQuery, books: ReportContext): ReportResult {
  const accounts = new UsageGroups<string>(books.costs);
  for (const row of books.queries.usage(question.filter, question.intervals, ["source"])) {
    accounts.addRow(period.of(dateOfDay(row.day)), row);
  }
  const days = importedDays(question, books);
  for (const day of days) accounts.addDay(period.of(day.date), day);
  const lines = [...accounts.byKey]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, account]) => ({ account, lead: [key], fields: { [period.field]: key } }));
  const lead = [{ name: period.column, kind: "text", priority: LABEL }] as const;
  return usageAnswer({ list: period.list, lead, notes: importNotes(days) }, lines, accounts, question, books);
}
