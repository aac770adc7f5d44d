import type { Action, CostStateObservation, LimitObservation, Place } from "./observation.ts";
import type { AccountLimitObservation, FindingObservation, StatusObservation } from "./log-observation.ts";
import type { CostKind } from "./price.ts";
import type { Tokens } from "./tokens.ts";

/** All properties by which usage can be grouped or filtered, except time. One row of the ledger's table "dimension_set". */
export interface DimensionSet extends Place {
  readonly machine: string;
  readonly source: string;
  readonly model: string;
  readonly speed: string;
  readonly tier: string;
  readonly region: string;
  /** The largest prompt length at which some price changes and that this prompt exceeds; 0 for none. */
  readonly context: number;
  /** Who stated the cost: nobody, the assistant as charged, or the assistant as an estimate. */
  readonly costKind: CostKind;
}

/** One response of a model, counted once however often it was written. */
export interface ResponseFact extends Tokens {
  readonly key: string;
  /** 0, or a number counting up if several responses share a message id. */
  readonly part: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly dimensions: DimensionSet;
  readonly searches: number;
  /** Nano-dollars that the assistant reported; 0 if costKind is none. */
  readonly cost: number;
  /** Output tokens known to be reasoning. */
  readonly reasoning: number;
}

/** One action of a session. */
export interface ActionFact {
  readonly key: string;
  readonly action: Action;
  readonly at: number;
  readonly dimensions: DimensionSet;
  readonly name: string;
  /** Null while the outcome is not known. */
  readonly ok: boolean | null;
  /** Milliseconds; null if not known. */
  readonly duration: number | null;
  readonly target: string;
  /** Key of the tool use that did it; empty if there was none. */
  readonly tool: string;
  readonly added: number;
  readonly removed: number;
  readonly length: number;
}

/** One session. */
export interface SessionFact extends Place {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly first: number;
  readonly last: number;
  readonly reason: string | null;
  readonly version: string;
}

/** An observation and its origin. */
export interface Observed<Body> {
  readonly machine: string;
  /**
   * Epoch milliseconds of the creation of the machine's ledger. What several machines observed belongs to the one whose
   * ledger was born first; of two born at once, to the one with the smaller id.
   */
  readonly born: number;
  readonly source: string;
  /** Version of the source's reader that made the observation last. */
  readonly reader: number;
  readonly body: Body;
}

/** Totals that an assistant keeps for a session itself. */
export interface CostStateFact extends CostStateObservation {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
}

/** The last reported state of a limit in its window of time. */
export interface LimitFact extends LimitObservation {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
}

/** The newest reading of a window of an account's limit; machine is the one that read it. */
export interface AccountLimitFact extends AccountLimitObservation {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
}

/** One finding over time. Times are epoch milliseconds. */
export interface FindingFact extends Pick<FindingObservation, "scope" | "type" | "severity" | "message" | "fix"> {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
  readonly first: number;
  /** When it last appeared. */
  readonly since: number;
  /** When it last appeared, changed or was resolved. */
  readonly last: number;
  readonly isOpen: boolean;
  /** How often it appeared. */
  readonly times: number;
  /** Milliseconds for which it was open, without the time since it last appeared if it is open. */
  readonly closedMs: number;
}

/** The newest status of a way of signing in on a machine. */
export interface StatusFact extends StatusObservation {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
}
