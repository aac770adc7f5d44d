import type { ReportOptionName, ReportOptions } from "./shared/options.ts";
import type { ReportResult, ReportContext, ReportQuery } from "./shared/report.ts";
import type { RunnableItem } from "../utils/registry.ts";

/** A report over the ledger, and a command of the same name. It must answer within milliseconds, so it imports nothing slow. */
export interface Report extends RunnableItem {
  /** The options that change its result, besides those of every report. It refuses all others. */
  readonly options: readonly ReportOptionName[];
  /** Whether it reports session activity, which is read after the responses; a note says how far that has been read. */
  readonly needsActivity?: true | ((given: ReportOptions) => boolean);
  /** It reports our own log, so the files of assistants do not explain why it is empty. */
  readonly isAboutLog?: true;
  /** It reports the machines of a hub, so it runs over one without --hub. */
  readonly isAboutHub?: true;
  /** The period of a local date, as YYYY-MM-DD or YYYY-MM, if the rows are periods; `--last` then takes a number of them. */
  period?(date: string, weekStart: number | null): string;
  /** The local days up to the last one that it reports, if neither the first day nor a length is given; else all. */
  readonly days?: number;
  run(query: ReportQuery, context: ReportContext): ReportResult | Promise<ReportResult>;
}
