import type { Action, CostStateObservation, LimitObservation, Place } from "./observation.ts";
import type { Tokens } from "./tokens.ts";

/** Everything by which usage can be told apart or asked for, but the time. One row of the ledger's table "slice". */
export interface DimensionSet extends Place {
  readonly machine: string;
  readonly source: string;
  readonly model: string;
  readonly speed: string;
  readonly tier: string;
  readonly region: string;
  /** The greatest of the prompt lengths at which prices may change that this prompt is above; 0 for none. */
  readonly context: number;
  /** Whether the assistant itself said what it cost: 0 no, 1 what was charged, 2 what it reckoned by prices of its own. */
  readonly isPriced: 0 | 1 | 2;
}

/** One response of a model, counted once however often it was written down. */
export interface ResponseFact extends Tokens {
  readonly key: string;
  /** 0, and counted on where one message id stands for several responses. */
  readonly part: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly slice: DimensionSet;
  readonly searches: number;
  /** Nano-dollars that the assistant told; 0 where the slice is not priced. */
  readonly cost: number;
  /** Tokens of the output that are known to be reasoning. */
  readonly reasoning: number;
}

/** One thing that a session did. */
export interface ActionFact {
  readonly key: string;
  readonly action: Action;
  readonly at: number;
  readonly slice: DimensionSet;
  readonly name: string;
  /** Null while the outcome is not known. */
  readonly ok: boolean | null;
  /** Milliseconds; null where it is not known. */
  readonly duration: number | null;
  readonly target: string;
  /** Key of the tool use that did it; empty where it was none. */
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

/** An observation with who made it. */
export interface Observed<Body> {
  readonly machine: string;
  readonly source: string;
  /** Version of the source's reader that made it last. */
  readonly reader: number;
  readonly body: Body;
}

/** What an assistant counted for a session itself. */
export interface CostStateFact extends CostStateObservation {
  readonly key: string;
}

/** A limit as it was told last for its window of time. */
export interface LimitFact extends LimitObservation {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
}
