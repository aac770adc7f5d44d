import type { ModelTotal, SkipReason } from "../model/observation.ts";
import type { Tokens } from "../model/tokens.ts";

/** What a question is about. Times in epoch milliseconds; sums are kept by quarter hours, so times are cut to those. */
export interface Filter {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** A project or a worktree, as Projects.named takes it. */
  readonly project?: string | undefined;
  /** Part of a model's name. */
  readonly model?: string | undefined;
  readonly branch?: string | undefined;
  /** An assistant, by its name on the shelf of sources. */
  readonly source?: string | undefined;
  readonly session?: string | undefined;
  /** Configuration directories, of which any will do. */
  readonly accounts?: readonly string[] | undefined;
}

/** By what usage is told apart, besides by all that its price depends on. */
export type Dimension = "quarter" | "session" | "project" | "branch" | "agent" | "machine" | "source";

/** Where and when something was, as far as it was asked for. */
interface Place {
  /** Days since 1970-01-01, local. */
  readonly day: number;
  /** Quarter hours since 1970, UTC; 0 where it was not asked for. */
  readonly quarter: number;
  /** Empty where it was not asked for, as all below. */
  readonly session: string;
  /** The project, by the directory of its main checkout, and the name of its worktree; "" for none. */
  readonly project: string;
  readonly worktree: string;
  readonly branch: string;
  readonly agent: string;
  readonly machine: string;
  readonly source: string;
}

/** All that a price depends on besides the day, and what is priced besides tokens. */
export interface Priced {
  readonly model: string;
  readonly speed: string;
  readonly tier: string;
  readonly region: string;
  readonly context: number;
  /** See Slice. */
  readonly isPriced: number;
  readonly searches: number;
  /** Nano-dollars that the assistant said. */
  readonly cost: number;
}

/** Sums of responses that have one local day, the dimensions asked for, and one price. */
export interface UsageRow extends Place, Priced, Tokens {
  readonly responses: number;
  /** Tokens of the output that are known to be reasoning; they are part of it. */
  readonly reasoning: number;
}

/** Sums of what sessions did. */
export interface ActionRow extends Place {
  readonly action: string;
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  /** How many of them took a known time, and milliseconds that those took together. */
  readonly timed: number;
  readonly duration: number;
  readonly added: number;
  readonly removed: number;
  readonly length: number;
}

/** One response, for windows whose borders lie within a quarter hour. */
export interface ResponseRow extends Priced, Tokens {
  readonly at: number;
  readonly source: string;
  readonly session: string;
  readonly project: string;
  /** Empty for the main thread. */
  readonly agent: string;
  /** Tokens of the output that are known to be reasoning; they are part of it. */
  readonly reasoning: number;
}

/** One thing that a session did. */
export interface ActionItem {
  readonly at: number;
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly branch: string;
  readonly name: string;
  readonly ok: number | null;
  readonly duration: number | null;
  readonly target: string;
  readonly added: number;
  readonly removed: number;
}

/** A changed file over a range. */
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
  /** Unique among those of its source. */
  readonly session: string;
  readonly source: string;
  readonly project: string;
  readonly branch: string;
  readonly first: number;
  readonly last: number;
  readonly reason: string | null;
  readonly version: string;
}

/** An imported day of one model. Cost in nano-dollars, null where it was not told. */
export interface DayRow {
  readonly date: string;
  readonly source: string;
  readonly model: string;
  readonly provenance: string;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  readonly unsplit: number;
  readonly cost: number | null;
}

/** A limit as it was told last for its window; times in epoch milliseconds. */
export interface LimitRow {
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

/** What of an assistant's files was not counted: for what reason, in how many places of how many files. */
export interface SkippedRow {
  readonly source: string;
  readonly reason: SkipReason;
  readonly files: number;
  readonly places: number;
}

/** What an assistant counted for a session; cost in nano-dollars. */
export interface CostStateRow {
  readonly session: string;
  readonly cost: number;
  readonly models: Readonly<Record<string, ModelTotal>>;
}
