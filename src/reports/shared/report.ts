import type { Queries } from "../../ledger/queries.ts";
import type { Filter } from "../../ledger/rows.ts";
import type { OffsetInterval, Zone } from "../../model/calendar.ts";
import type { ModelNames } from "../../model/model-label.ts";
import type { LoggedRecord, RecordKind } from "../../model/record.ts";
import type { Table } from "../../render/columns.ts";
import type { Style } from "../../utils/terminal.ts";
import type { Assistant } from "./assistants.ts";
import type { BY, HEATMAP_OF } from "./options.ts";
import type { Costs } from "../../pricing/costs.ts";

/** What usage can be split by; machines and persons are those of a hub. */
export type Split = (typeof BY)[number];

/** What a heatmap counts. */
export type HeatmapOf = (typeof HEATMAP_OF)[number];

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
  /** What usage is split by; null if it is not. */
  readonly split: Split | null;
  readonly heatmapOf: HeatmapOf;
  /** Adds rows for periods without usage. */
  readonly hasAllPeriods: boolean;
  /** Leaves out windows that are not open. */
  readonly isActiveOnly: boolean;
  /** The first day of a week, Sunday = 0; null for the report's own. */
  readonly weekStart: number | null;
  /** Only rows that contain this text; null for all. */
  readonly match: string | null;
}

/** Rows of a long list that a terminal shows. */
export const MAX_ROWS = 40;

/** The narrowest terminal that reports are printed for, columns. */
export const MIN_COLUMNS = 20;

/** The direction of a sort. */
export type RowOrder = "asc" | "desc";

/** A machine of the hub whose ledger a report reads. */
export interface ReportMember {
  /** The id of the machine in the ledger. */
  readonly machine: string;
  readonly name: string;
  /** Empty if nobody is named. */
  readonly person: string;
  /** When the hub last heard from it, epoch milliseconds; null if it never did. */
  readonly seen: number | null;
  /** Version of Pawprint, and how much of its observations leaves it: "metrics" or "details". */
  readonly program: string;
  readonly level: string;
  /** Observations that it still has to send, by assistant, as it last said. */
  readonly pending: Readonly<Record<string, number>>;
  /** Observations that came too late to be counted, and those that the hub refused. */
  readonly late: number;
  readonly refused: number;
  /** The operating system; milliseconds that its clock is ahead of the hub's. */
  readonly platform: string;
  readonly skew: number;
  /** When its tokens were revoked, and when two ledgers last spoke as it at once, epoch milliseconds; null if that never happened. */
  readonly revoked: number | null;
  readonly conflict: number | null;
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
  /** The machines of the hub whose ledger this is, those that the query selects; missing if it is the ledger of this machine. */
  readonly members?: readonly ReportMember[];
  /** The other machines of the hub: an account may be used on them too. */
  readonly otherMembers?: readonly ReportMember[];
  /** Records of our own log since a time (epoch ms), oldest first; empty without a log. Read on each call. */
  log(kind: RecordKind, since: number): Promise<readonly LoggedRecord[]>;
  /** The directory of our own log, to show: "~/.claude/pets/logs". */
  logDirectory(): Promise<string>;
}

/** The result of a report: a table for people and CSV, and `json` for programs. */
export interface ReportResult<Row = unknown> extends Table<Row> {
  /** Sentences below the table, for instance what is estimated, unpriced or not known yet. */
  readonly notes: readonly string[];
  /** Whether nothing was found although there are rows; without it, a result is empty if it has no rows. */
  readonly isEmpty?: boolean;
  /** The sentence that says which of the rows are kept, if not all are. */
  readonly showing?: string;
  /** The order of the rows: asc by time, the newest last; desc by size, the largest first. Absent for any other. */
  readonly order?: RowOrder | undefined;
  /** Rows shown in a terminal, if --limit does not say how many. */
  readonly maxRows?: number | undefined;
  /** Draws some of the rows in the terminal instead of the table, in lines of at most `width` columns. */
  draw?(style: Style, width: number, rows: readonly Row[]): string[];
  /** Some of the rows for programs; all totals are those of all rows. */
  json(rows: readonly Row[]): object;
}

/** Whether a report found nothing. */
export const isEmptyResult = ({ isEmpty, rows }: Pick<ReportResult, "isEmpty" | "rows">): boolean =>
  isEmpty ?? rows.length === 0;

/** What is added to a result: notes, fields of its JSON, and another drawing. */
interface Additions {
  readonly notes: readonly string[];
  readonly fields?: object;
  readonly draw?: ReportResult["draw"];
}

/** A result with more notes and JSON fields. */
export const withMore = (result: ReportResult, { notes, fields, draw }: Additions): ReportResult => ({
  ...result,
  notes: [...result.notes, ...notes],
  json: (rows) => ({ ...result.json(rows), ...fields }),
  ...(draw && { draw }),
});
