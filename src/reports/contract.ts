import type { ReportResult, ReportContext, ReportQuery } from "./shared/question.ts";
import type { RegistryItem } from "../utils/registry.ts";

/** A question over the ledger; also a command of its name. Loads nothing slow: it answers within milliseconds. */
export interface Report extends RegistryItem {
  /** It tells what sessions did, which is read after the responses: it says how far that is. */
  readonly needsActivity?: true;
  run(question: ReportQuery, books: ReportContext): ReportResult | Promise<ReportResult>;
}
