import type { OffsetInterval } from "../model/calendar.ts";
import type { AccountLimitRow, FindingEventRow, FindingRow, StatusRow } from "./log-rows.ts";
import type { Action } from "../model/observation.ts";
import type {
  ActionItem,
  ActionRow,
  Bounds,
  LedgerSpan,
  CostStateRow,
  DayRow,
  DurationRow,
  Dimension,
  FileRow,
  Filter,
  LimitRow,
  MachineFilter,
  MinuteDimension,
  MinuteRow,
  Progress,
  ResponseRow,
  ResponseRange,
  SessionRow,
  SkippedRow,
  StoredFile,
  TimeRange,
  UnrecordedRow,
  UsageRow,
} from "./rows.ts";

/** A result that the engine returns at once or later: SQLite runs in this process, another engine may not. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Every query on a ledger, independent of the engine that stores it. A filter's times are epoch milliseconds, `to`
 * exclusive. Each method runs a fixed number of statements, however many rows it returns; callers run no query per row.
 * Throws ledger_damaged, busy and file_refused.
 */
export interface Queries {
  /**
   * Usage by local day, price and the requested dimensions, in no particular order; a day may come in several rows. Counts
   * are tokens; costs are micro-dollars.
   */
  usage(
    filter: Filter,
    intervals: readonly OffsetInterval[],
    dimensions?: readonly Dimension[],
  ): Awaitable<readonly UsageRow[]>;
  /** Actions by local day, action, name and the requested dimensions; durations in milliseconds. */
  actions(
    filter: Filter,
    intervals: readonly OffsetInterval[],
    dimensions?: readonly Dimension[],
  ): Awaitable<readonly ActionRow[]>;
  /** Single responses, oldest first: of the filter's time, or of ranges that do not overlap if these are given. */
  responses(filter: Filter, ranges?: readonly TimeRange[]): Awaitable<readonly ResponseRow[]>;
  /** The newest responses of the filter's time, newest first, at most `most` of them. */
  newestResponses(filter: Filter, most: number): Awaitable<readonly ResponseRow[]>;
  /** Usage by minute, price and the requested dimensions, from single responses; for short times. No bucket and project. */
  minutes(filter: Filter, dimensions?: readonly MinuteDimension[]): Awaitable<readonly MinuteRow[]>;
  /**
   * The first and the last response that the filter accepts in each of many ranges, in the order of the ranges; null for a range without
   * any. The filter's own times are not used.
   */
  bounds(filter: Omit<Filter, "from" | "to">, ranges: readonly ResponseRange[]): Awaitable<readonly (Bounds | null)[]>;
  /** Single actions of one kind or of several, oldest first. */
  items(action: Action | readonly Action[], filter: Filter): Awaitable<readonly ActionItem[]>;
  /** The known durations of single actions of one kind, the shortest first. */
  durations(action: string, filter: Filter): Awaitable<readonly DurationRow[]>;
  /** Changed files whose path is known, those changed most often first. */
  files(filter: Filter): Awaitable<readonly FileRow[]>;
  /**
   * Sessions active within the range, sorted by their start. A session that left its own totals was closed by exit or clear; it
   * may have been resumed since.
   */
  sessions(filter: Filter): Awaitable<readonly SessionRow[]>;
  /** The ids of all sessions that begin with a text. */
  sessionIds(beginning: string): Awaitable<readonly string[]>;
  /**
   * Responses whose usage is not recorded, by assistant and reason. The filter's model is ignored, because few of them have a
   * known model.
   */
  unrecorded(filter: Filter): Awaitable<readonly UnrecordedRow[]>;
  /** Epoch milliseconds of the newest response of each assistant. */
  newest(whose?: MachineFilter): Awaitable<ReadonlyMap<string, number>>;
  /** Imported days from `since` to `until` (YYYY-MM-DD), both included. */
  days(since: string, until: string, whose?: MachineFilter): Awaitable<readonly DayRow[]>;
  /** The last reading of each limit window that was read at or after a time (epoch ms), newest first. */
  limits(since: number, whose?: MachineFilter): Awaitable<readonly LimitRow[]>;
  /** All readings of the limit windows that are open at a time (epoch ms), oldest first; one that several machines have, once. */
  limitHistory(now: number, whose?: MachineFilter): Awaitable<readonly LimitRow[]>;
  /** The last reading of each window of the accounts' limits that was read at or after a time (epoch ms), newest first. */
  accountLimits(since: number): Awaitable<readonly AccountLimitRow[]>;
  /** All readings of the accounts' windows that were open at or after a time (epoch ms), oldest first. */
  accountLimitHistory(since: number): Awaitable<readonly AccountLimitRow[]>;
  /** Findings of machines, the newest event first. */
  findings(whose?: MachineFilter): Awaitable<readonly FindingRow[]>;
  /** The events of all findings of machines that the journal still has, oldest first. */
  findingEvents(whose?: MachineFilter): Awaitable<readonly FindingEventRow[]>;
  /** The beginning of the UTC day from which the logs of machines are known, epoch milliseconds; null without a log. */
  logsBegin(whose?: MachineFilter): Awaitable<number | null>;
  /** The newest status of each way of signing in on each machine, newest first. */
  statuses(whose?: MachineFilter): Awaitable<readonly StatusRow[]>;
  /** Files that were read and still exist, by path. */
  stored(): Awaitable<readonly StoredFile[]>;
  /** Number of entries that were not counted, by assistant and reason. */
  skipped(): Awaitable<readonly SkippedRow[]>;
  /** The version of each assistant, from its newest session with a version. */
  versions(whose?: MachineFilter): Awaitable<ReadonlyMap<string, string>>;
  /** The assistants' own totals, by session. */
  costStates(whose?: MachineFilter): Awaitable<readonly CostStateRow[]>;
  /** What time the ledger covers, epoch milliseconds; null if there is no usage or activity. */
  span(): Awaitable<LedgerSpan | null>;
  /** How far the files of all assistants, or of one, have been read. */
  progress(source?: string): Awaitable<Progress>;
  /** Configuration directories by assistant and session, separated by a line break; sessions without a known one are left out. */
  accounts(): Awaitable<ReadonlyMap<string, string>>;
}
