import type { Queries } from "../../ledger/queries.ts";
import type { Filter } from "../../ledger/rows.ts";
import type { OffsetInterval, Zone } from "../../model/calendar.ts";
import type { ModelNames } from "../../model/model-label.ts";
import type { LoggedRecord, RecordKind } from "../../model/record.ts";
import type { Table } from "../../render/columns.ts";
import { isFields } from "../../utils/json.ts";
import type { Style } from "../../utils/terminal.ts";
import type { Assistant } from "./assistants.ts";
import type { Costs } from "../../pricing/costs.ts";

/** The parameters of a report. */
export interface ReportQuery {
  readonly filter: Filter;
  readonly zone: Zone;
  /** The range of the filter as intervals with a constant zone offset, cut to the range of the ledger. */
  readonly intervals: readonly OffsetInterval[];
  /** First and last local date of the range; null for an open end. */
  readonly since: string | null;
  readonly until: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Adds a row for each model. */
  readonly isBrokenDown: boolean;
}

/** The data and settings that a report reads. */
export interface ReportContext {
  readonly queries: Queries;
  /** The user's home directory, written as ~ in paths. */
  readonly home: string;
  readonly costs: Costs;
  /** The supported assistants, in the order of their registry. */
  readonly assistants: readonly Assistant[];
  /** Names that the user gave to models. */
  readonly modelNames?: ModelNames;
  /** What the user's Claude subscription costs a month, in dollars; 0 or missing if that is not set. */
  readonly planDollars?: number;
  /** Records of our own log since a time (epoch ms), oldest first; empty without a log. Read on each call. */
  log(kind: RecordKind, since: number): Promise<readonly LoggedRecord[]>;
}

/** The result of a report: a table for people and CSV, and `json` for programs. */
export interface ReportResult<Row = unknown> extends Table<Row> {
  /** Sentences below the table, for instance what is estimated, unpriced or not known yet. */
  readonly notes: readonly string[];
  /** Draws the result in the terminal instead of the table, in lines of at most `width` columns. */
  readonly draw?: (style: Style, width: number) => string[];
  readonly json: unknown;
}

/** A result with more notes and JSON fields. Its getters stay lazy. */
export const extendedResult = (result: ReportResult, notes: readonly string[], fields: object): ReportResult =>
  Object.create(result, {
    notes: { value: [...result.notes, ...notes] },
    json: { get: () => (isFields(result.json) ? { ...result.json, ...fields } : result.json) },
  }) as ReportResult;
