import type { PageReport } from "../client/reports.ts";
import { csvOfReport } from "../csv.ts";

/** Saves a report as a CSV file of that name, after the name of the report. */
export function saveCsv(report: PageReport, name: string): void {
  if (!report.data) return;
  const address = URL.createObjectURL(new Blob([csvOfReport(report.data)], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `pawprint-${report.data.report}-${name}.csv`;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
