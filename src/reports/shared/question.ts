import type { SqliteQueries } from "../../ledger/sqlite/SqliteQueries.ts";
import type { Progress } from "../../ledger/sqlite/Files.ts";
import type { Filter } from "../../ledger/rows.ts";
import type { OffsetInterval, Zone } from "../../model/calendar.ts";
import type { ModelNames } from "../../model/model-label.ts";
import type { LogRecord, RecordKind } from "../../model/record.ts";
import type { Cell, Column } from "../../render/table.ts";
import type { Style } from "../../utils/terminal.ts";
import type { Assistant } from "./assistants.ts";
import type { Costs } from "../../pricing/costs.ts";

/** What is asked of a report. */
export interface ReportQuery {
  readonly filter: Filter;
  readonly zone: Zone;
  /** The range of the filter by constant offsets of the zone; already cut to what the ledger holds. */
  readonly intervals: readonly OffsetInterval[];
  /** Local dates that the range begins and ends with; null where nothing limits it. */
  readonly since: string | null;
  readonly until: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  /** A row for each model besides the sums. */
  readonly isBrokenDown: boolean;
}

/** Where a report looks things up. */
export interface ReportContext {
  readonly queries: SqliteQueries;
  /** The user's home directory, for paths as people write them. */
  readonly home: string;
  readonly costs: Costs;
  /** The assistants that can be read, in the order of their shelf. */
  readonly assistants: readonly Assistant[];
  /** Names that the user gave to models. */
  readonly modelNames?: ModelNames;
  /** How far the files were read. */
  readonly progress: Progress;
  /** Records of our own log not older than a time, oldest first; none where nothing is logged. Loaded when it is asked for. */
  log(kind: RecordKind, since: number): Promise<readonly LogRecord[]>;
}

/** What a report found. The table is what people see and what becomes CSV; `json` is for programs. */
export interface ReportResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly totals?: readonly Cell[];
  /** The sentence that stands for a table without rows. */
  readonly empty: string;
  /** Sentences below the table: what is estimated, not priced, not known yet. */
  readonly notes: readonly string[];
  /** Instead of the table, where a picture says more: lines of at most so many columns. */
  readonly draw?: (look: Style, width: number) => string[];
  readonly json: unknown;
}
