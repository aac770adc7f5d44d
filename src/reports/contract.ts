import type { ReportResult, ReportContext, ReportQuery } from "./shared/report.ts";
import type { RegistryItem } from "../utils/registry.ts";

/** A report over the ledger, and a command of the same name. It must answer within milliseconds, so it imports nothing slow. */
export interface Report extends RegistryItem {
  /** It reports session activity, which is read after the responses; a note says how far that has been read. */
  readonly needsActivity?: true;
  /** It reports our own log, so the files of assistants do not explain why it is empty. */
  readonly isAboutLog?: true;
  run(query: ReportQuery, context: ReportContext): ReportResult | Promise<ReportResult>;
}
