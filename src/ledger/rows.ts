import type { Action, ModelTotal, SkipReason } from "../model/observation.ts";
import type { CostKind } from "../model/price.ts";
import type { Tokens } from "../model/tokens.ts";

/** Length of a bucket in milliseconds: 15 minutes, because some time zones begin their days at :30 and :45. */
export const BUCKET_MS = 900_000;

/** Whose observations a query selects. */
export interface MachineFilter {
  /** Ids of machines: what is attributed to any of them matches; all if missing. */
  readonly machines?: readonly string[] | undefined;
}

/**
 * What a query selects. Times are epoch milliseconds; sums are kept per bucket of 15 minutes, so times are rounded to
 * buckets.
 */
export interface Filter extends MachineFilter {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** A project or a worktree, in any form that Projects.named accepts. */
  readonly project?: string | undefined;
  /** Part of a model's name. */
  readonly model?: string | undefined;
  readonly branch?: string | undefined;
  /** Name of an assistant in the registry of sources. */
  readonly source?: string | undefined;
  readonly session?: string | undefined;
  /** Configuration directories; usage of any of them matches. */
  readonly accounts?: readonly string[] | undefined;
}

/** What usage can be grouped by, besides the day and everything that its price depends on. An hour is one of the local clock. */
export type Dimension = "bucket" | "hour" | "session" | "project" | "branch" | "agent" | "machine" | "source";

/** What usage by minute can be grouped by. */
export type MinuteDimension = Exclude<Dimension, "bucket" | "project">;

/** Time and place of usage, as far as the query asked for them. */
interface UsagePlace {
  /** Days since 1970-01-01 in local time. */
  readonly day: number;
  /**
   * Buckets of 15 minutes since 1970-01-01 UTC, of an hour its first one within the range and the zone's offset; 0 if the query asked
   * for neither.
   */
  readonly bucket: number;
  /** Empty if the query did not ask for it; the same holds for all fields below. */
  readonly session: string;
  /** The project, by the directory of its main checkout, and the name of its worktree; "" if there is none. */
  readonly project: string;
  readonly worktree: string;
  readonly branch: string;
  readonly agent: string;
  readonly machine: string;
  readonly source: string;
}

/** Everything that a price depends on besides the day, and what is charged besides tokens. */
export interface Priced {
  readonly model: string;
  readonly speed: string;
  readonly tier: string;
  readonly region: string;
  readonly context: number;
  readonly costKind: CostKind;
  readonly searches: number;
  /** Nano-dollars that the assistant reported. */
  readonly cost: number;
}

/** Sums of responses that share a local day, the requested dimensions and a price. */
export interface UsageRow extends UsagePlace, Priced, Tokens {
  readonly responses: number;
  /** Output tokens known to be reasoning; `output` includes them. */
  readonly reasoning: number;
}

/** Sums of the actions of sessions. */
export interface ActionRow extends UsagePlace {
  readonly action: string;
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  /** How many of them have a known duration, and the sum of those durations in milliseconds. */
  readonly timed: number;
  readonly duration: number;
  readonly added: number;
  readonly removed: number;
  readonly length: number;
}

/** Sums of single responses that share a minute, the requested dimensions and a price. Its day is that of UTC. */
export interface MinuteRow extends UsageRow {
  /** Minutes since 1970-01-01 UTC. */
  readonly minute: number;
  /** Epoch milliseconds of the newest of them. */
  readonly last: number;
}

/** One response, for windows that begin or end inside a bucket. */
export interface ResponseRow extends Priced, Tokens {
  readonly at: number;
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly branch: string;
  readonly machine: string;
  /** Empty for the main thread. */
  readonly agent: string;
  /** Output tokens known to be reasoning; `output` includes them. */
  readonly reasoning: number;
}

/** One action of a session. */
export interface ActionItem {
  readonly key: string;
  readonly action: Action;
  readonly at: number;
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly branch: string;
  readonly machine: string;
  /** Empty for the main thread. */
  readonly agent: string;
  readonly name: string;
  readonly ok: number | null;
  /** Milliseconds. */
  readonly duration: number | null;
  readonly target: string;
  /** Key of the tool use that did it; empty if there was none. */
  readonly tool: string;
  readonly added: number;
  readonly removed: number;
  /** Characters of a prompt. */
  readonly length: number;
}

/** How many uses of a tool of an assistant took some milliseconds. */
export interface DurationRow {
  readonly source: string;
  readonly name: string;
  readonly duration: number;
  readonly count: number;
}

/** A file that sessions changed within a range. */
export interface FileRow {
  readonly path: string;
  readonly changes: number;
  readonly sessions: number;
  /** The assistants that changed it. */
  readonly sources: readonly string[];
  readonly added: number;
  readonly removed: number;
  readonly last: number;
}

/** A session; times in epoch milliseconds. */
export interface SessionRow {
  /** Unique within its source. */
  readonly session: string;
  readonly source: string;
  readonly project: string;
  readonly branch: string;
  readonly first: number;
  readonly last: number;
  readonly reason: string | null;
  readonly version: string;
}

/**
 * An imported day of one model. The lifetimes of its cache writes are not known; they count as five minutes, the usual one.
 * Cost in nano-dollars, null if it was not reported.
 */
export interface DayRow extends Tokens {
  readonly date: string;
  readonly machine: string;
  readonly source: string;
  readonly model: string;
  readonly provenance: string;
  /** Tokens known only as a sum over all classes. */
  readonly unsplit: number;
  readonly cost: number | null;
}

/** The last reading of a limit in its window; times in epoch milliseconds. */
export interface LimitRow {
  /** The machine whose files have it. */
  readonly machine: string;
  readonly source: string;
  readonly name: string;
  readonly windowMinutes: number;
  readonly usedPercent: number;
  readonly resetsAt: number;
  readonly at: number;
  readonly plan: string;
}

/** Responses whose usage an assistant did not write down, by the name of the reason. */
export interface UnrecordedRow {
  readonly source: string;
  readonly name: string;
  readonly responses: number;
}

/** A file that was read. */
export interface StoredFile {
  readonly source: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Entries of an assistant's files that were not counted: the reason, and the number of files and places. */
export interface SkippedRow {
  readonly source: string;
  readonly reason: SkipReason;
  readonly files: number;
  readonly places: number;
}

/** What an assistant counted for a session itself; cost in nano-dollars. */
export interface CostStateRow {
  readonly session: string;
  readonly cost: number;
  readonly models: Readonly<Record<string, ModelTotal>>;
}

/** A range of time, epoch milliseconds. */
export interface TimeRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** A range of time; of one machine, assistant or session where these are given. */
export interface ResponseRange extends TimeRange {
  readonly machine?: string;
  readonly source?: string;
  readonly session?: string;
}

/** The times of the first and the last response of a range, epoch milliseconds. */
export interface Bounds {
  readonly first: number;
  readonly last: number;
}

/** The beginning of the first and the end of the last bucket with any usage or activity, and the end of the last one with usage. */
export interface LedgerSpan extends Bounds {
  readonly lastUsage: number | null;
}

/** How far the activity phase is behind the usage phase. */
export interface Progress {
  readonly files: number;
  /** Bytes of all files, bytes read for usage, bytes read for activity. */
  readonly size: number;
  readonly usage: number;
  readonly activity: number;
}
