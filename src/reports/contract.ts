import type { ReportResult, ReportContext, ReportQuery } from "./shared/report.ts";
import type { RunnableItem } from "../utils/registry.ts";

/** A report over the ledger, and a command of the same name. It must answer within milliseconds, so it imports nothing slow. */
export interface Report extends RunnableItem {
  /** It reports session activity, which is read after the responses; a note says how far that has been read. */
  readonly needsActivity?: true;
  run(query: ReportQuery, context: ReportContext): ReportResult | Promise<ReportResult>;
}
