import type { LogBodies } from "./log-observation.ts";
import type { Tokens } from "./tokens.ts";
/**
 * What a source has read, before any conclusions. The journal keeps observations unchanged; facts are folded from all
 * observations of one key, in any order, so that reading a line twice or late changes nothing.
 */
export interface Observation<K extends Kind = Kind> {
  readonly kind: K;
  /** Identifies the subject, by an id of the provider if there is one: "response:msg_01…". Begins with the kind. */
  readonly key: string;
  readonly body: Bodies[K];
}

/** Where in the user's work something happened. Fields are empty if not known. */
export interface Place {
  readonly session: string;
  /** The working directory. */
  readonly project: string;
  readonly branch: string;
  /** The subagent; empty for the main thread. */
  readonly agent: string;
}

/**
 * How an observation corrects earlier ones of the same lines, made by an older version of the source's reader, or by
 * the same version before it had read further.
 */
export interface Correction {
  /**
   * The session named by the earlier observation if it was another one; the same session if the earlier usage is not
   * its own.
   */
  readonly formerSession?: string | undefined;
  /** Set if the observation only withdraws what older readers observed under this key. */
  readonly isWithdrawn?: true | undefined;
}

/** One line that reports the usage of a response. */
export interface ResponseObservation extends Place, Correction {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The provider's id of the request; null if the line has none. */
  readonly request: string | null;
  readonly model: string;
  /**
   * How far the line is from the response itself: 0 in the main thread, 1 in a subagent, 2 in the progress of its
   * parent; plus 4 in the copy of a fork.
   */
  readonly copy: number;
  readonly input: number;
  readonly output: number;
  /** Tokens written to a cache, in total and by lifetime; a copy may lack one of them. */
  readonly cacheWrite: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
  readonly searches: number;
  /** Tokens of the longest prompt sent for the response. */
  readonly prompt: number;
  /** "standard" or "fast". */
  readonly speed: string;
  /** "standard", "batch", "priority". */
  readonly tier: string;
  /** The region of inference as the provider names it: "us"; empty if it does not matter. */
  readonly region: string;
  /** The cost reported by the assistant, in nano-dollars; null if it reports none. */
  readonly cost: number | null;
  /** Output tokens used for reasoning; null if not reported. */
  readonly reasoning: number | null;
  /**
   * The assistant computed the cost from a price table of its own, which may be outdated or wrong: our prices take
   * precedence.
   */
  readonly isEstimated: boolean;
}

/** Default fields for responses of assistants that report little more than tokens; to be spread into an observation. */
export const noDetails = {
  request: null,
  copy: 0,
  cacheWrite: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  searches: 0,
  speed: "standard",
  tier: "standard",
  region: "",
  cost: null,
  isEstimated: false,
} as const;

/**
 * What a session did besides requesting responses. "agent" is a started subagent, named by its type; "compaction" is a
 * shortened history; "unrecorded" is a response whose usage the assistant did not record, named by the reason
 * ("interrupted", "failed") or by the type of request. Unrecorded actions named TURN count only as far as their session
 * has more turns than responses.
 */
export type Action = "prompt" | "tool" | "file" | "git" | "link" | "agent" | "compaction" | "unrecorded";

/** Name of an unrecorded response where an assistant reports the tokens of some turns only, and not of which ones. */
export const TURN = "turn";

/** One action of a session, or its outcome. A field is null if this line does not contain it. */
export interface ActionObservation extends Place, Correction {
  readonly action: Action;
  /** 0 in the session itself, 4 in the copy of a fork. */
  readonly copy: number;
  /** Start, epoch milliseconds. */
  readonly at: number | null;
  /** End, epoch milliseconds. */
  readonly ended: number | null;
  /** The tool, the git operation, or the type of change ("create", "update"). Empty for a prompt. */
  readonly name: string | null;
  readonly model: string | null;
  readonly ok: boolean | null;
  /** Milliseconds, as measured by the assistant. */
  readonly duration: number | null;
  /** A changed file, the folder of a git operation, or the address of a link. */
  readonly target: string | null;
  /** The key of the tool use that did it; the outcome of that tool use is the outcome of this action. */
  readonly tool: string | null;
  /** Lines added and removed by a file change. */
  readonly added: number;
  readonly removed: number;
  /** Characters of a prompt. Its text is never stored. */
  readonly length: number;
}

/** An action without any known details. */
export const noAction = {
  copy: 0,
  at: null,
  ended: null,
  name: null,
  model: null,
  ok: null,
  duration: null,
  target: null,
  tool: null,
  added: 0,
  removed: 0,
  length: 0,
} as const;

/** A part of a session that has been read. */
export interface SessionObservation extends Place, Correction {
  /** Epoch milliseconds of the first and the last line. */
  readonly first: number;
  readonly last: number;
  /** Why the session ended, if the assistant reports it; else null. */
  readonly reason: string | null;
  /** Version of the assistant. */
  readonly version: string;
}

/** Totals that an assistant keeps for a session since its start, including compaction and subagents. */
export interface CostStateObservation {
  readonly session: string;
  /** Duration of the session in milliseconds; the observation with the longest is the newest. */
  readonly duration: number;
  /** Nano-dollars. */
  readonly cost: number;
  readonly models: Readonly<Record<string, ModelTotal>>;
}

/** Totals of one model in a cost state. */
export interface ModelTotal extends Tokens {
  readonly searches: number;
  /** Nano-dollars. */
  readonly cost: number;
}

/** A limit of the provider, as reported with a response. One key stands for one window of time. */
export interface LimitObservation {
  /** When it was reported, epoch milliseconds: the newest observation counts. */
  readonly at: number;
  /** The provider's name for the family of limits; empty if it has none. */
  readonly name: string;
  readonly windowMinutes: number;
  readonly usedPercent: number;
  /** Epoch milliseconds. */
  readonly resetsAt: number;
  /** The plan that the limit belongs to; empty if not reported. */
  readonly plan: string;
}

/** A day's totals from another program, for days whose transcripts no longer exist. */
export interface DayObservation {
  /** Local date, YYYY-MM-DD. */
  readonly date: string;
  readonly model: string;
  /** Where the totals come from: "ccusage", "stats-cache". */
  readonly provenance: string;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  /** Tokens known only as a sum over all classes. */
  readonly unsplit: number;
  /** Nano-dollars; null if not reported. */
  readonly cost: number | null;
}

/** A worktree that an assistant created from a repository, in any location. */
export interface WorktreeObservation {
  /** Its absolute directory. */
  readonly directory: string;
  /** The directory that it was created from. */
  readonly repository: string;
  readonly name: string;
}

/**
 * Kinds of sums. A sum is what an assistant itself has added up over responses. It is observed again as it grows, and only
 * all observations of its key determine what it adds to the usage that single responses show; that may be nothing. There are three
 * kinds, which differ in where the responses are that it contains:
 *
 * - "rest": one reading of the files shows the sum and all of its responses, so the reader subtracts them.
 * - "total": the assistant removes responses from its files that its sum still contains, so the ledger keeps them and subtracts
 *   them.
 * - "running-total": no responses are written, so each reading is subtracted from the next one, which also gives the
 *   usage a time.
 */
export const sumKinds = ["rest", "total", "running-total"] as const;

/** One of sumKinds. */
export type SumKind = (typeof sumKinds)[number];

/** The body of each kind of sum. */
interface SumBodies {
  /** What the reader could not account for. The smallest counts: it shrinks as more responses become known. */
  readonly rest: ResponseObservation;
  /** The sum, and under the same key each response that is a part of it. */
  readonly total: TotalObservation;
  /** A reading of the sum. */
  readonly "running-total": RunningTotalObservation;
}

/** A sum since the beginning of a session, or a response that it includes. */
export interface TotalObservation extends ResponseObservation {
  /** Null for the sum; else identifies the response among those of the same sum. */
  readonly part: string | null;
}

/** A reading of a sum since the beginning of a session. */
export interface RunningTotalObservation extends ResponseObservation {
  /**
   * When this session began with a copy of the sum of the session that the key names, epoch milliseconds. Null if this
   * is the session that the key names.
   */
  readonly copiedAt: number | null;
  /**
   * The session that the key names began with a copy of another one's sum, so it counts under the other one's key; this
   * reading serves the sessions that began with a copy of it.
   */
  readonly isCountedElsewhere: boolean;
}

/** The body of each kind of observation. */
export interface Bodies extends SumBodies, LogBodies {
  readonly response: ResponseObservation;
  readonly action: ActionObservation;
  readonly session: SessionObservation;
  readonly "cost-state": CostStateObservation;
  readonly limit: LimitObservation;
  readonly day: DayObservation;
  readonly worktree: WorktreeObservation;
}

/** Kinds of observations. */
export type Kind = keyof Bodies;

/** Whether observations of a kind are sums. */
export const isSum = (kind: Kind | null): kind is SumKind => sumKinds.some((one) => one === kind);

/** Whether observations of a kind are usage. */
export const isUsage = (kind: Kind): kind is "response" | SumKind => kind === "response" || isSum(kind);

/** All reasons why something that looks like usage is not counted. */
export const skipReasons = [
  "bad_json",
  "bad_count",
  "no_time",
  "bad_time",
  "synthetic",
  "error_message",
  "not_a_response",
  "line_too_long",
  "no_beginning",
  "no_history",
  "unknown_format",
  "bad_database",
  "file_too_large",
  "abandoned",
] as const;

/** One of skipReasons. */
export type SkipReason = (typeof skipReasons)[number];
