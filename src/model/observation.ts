/**
 * What a source saw, before anything is concluded from it. The journal keeps observations as they came; facts are
 * folded from all observations of one key, in any order, so that reading a line twice or late changes nothing.
 */
export interface Observation<K extends Kind = Kind> {
  readonly kind: K;
  /** What it is about, by an id of the provider where there is one: "response:msg_01…". Begins with its kind. */
  readonly key: string;
  readonly body: Bodies[K];
}

/** Where in the user's work something happened. Empty where it is not known. */
export interface Place {
  readonly session: string;
  /** The working directory. */
  readonly project: string;
  readonly branch: string;
  /** The subagent that did it; empty for the main thread. */
  readonly agent: string;
}

/** How an observation corrects what was made of the same lines before: by an older version of its source's reader, or by the same one before it had read on. */
export interface Correction {
  /** The session that was named before, where it is another one now; the same one where what it did before is not its own. */
  readonly formerSession?: string | undefined;
  /** Nothing is observed under this key any more: only what older readers observed is taken back. */
  readonly isWithdrawn?: true | undefined;
}

/** One line that tells what a response used. */
export interface ResponseObservation extends Place, Correction {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The provider's id of the request; null where the line names none. */
  readonly request: string | null;
  readonly model: string;
  /** How far the line is from the response itself: 0 the main thread's own, 1 a subagent's, 2 told in its parent's progress; 4 more in a fork's copy. */
  readonly copy: number;
  readonly input: number;
  readonly output: number;
  /** Written to a cache, as told in total and by lifetime; a copy may have lost one of them. */
  readonly cacheWrite: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
  readonly searches: number;
  /** Tokens of the longest prompt that was sent for it. */
  readonly prompt: number;
  /** "standard" or "fast". */
  readonly speed: string;
  /** "standard", "batch", "priority". */
  readonly tier: string;
  /** Where it was computed, as the provider names it: "us"; empty where it does not matter. */
  readonly region: string;
  /** What the assistant itself said that it cost, in nano-dollars; null where it said nothing. */
  readonly cost: number | null;
  /** Tokens of the output that were reasoning; null where they are not told apart. */
  readonly reasoning: number | null;
  /** The assistant reckoned the cost by a price table of its own, which may be old or wrong: ours goes before it. */
  readonly isEstimated: boolean;
}

/** What an assistant that tells tokens and not much else does not tell of a response; to be spread into what it does. */
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
 * What a session did, besides asking for responses. "agent" is a subagent that was started, named by its sort; "compaction"
 * the history made shorter; "unrecorded" a response whose usage the assistant did not write down, named by the reason:
 * "interrupted", "failed", or what sort of request it was; a TURN is one as far as its session has more turns than responses.
 */
export type Action = "prompt" | "tool" | "file" | "git" | "link" | "agent" | "compaction" | "unrecorded";

/** Name of what is unrecorded where an assistant tells tokens by turns, for some of them only, and not for which. */
export const TURN = "turn";

/** One thing that a session did, or its outcome. A field is null where this line does not tell it. */
export interface ActionObservation extends Place, Correction {
  readonly action: Action;
  /** 0 the session's own line, 4 a fork's copy. */
  readonly copy: number;
  /** Epoch milliseconds, of the beginning. */
  readonly at: number | null;
  /** Epoch milliseconds, of the end. */
  readonly ended: number | null;
  /** The tool, the git operation, or the kind of change ("create", "update"). Empty for a prompt. */
  readonly name: string | null;
  readonly model: string | null;
  readonly ok: boolean | null;
  /** Milliseconds as the program measured them. */
  readonly duration: number | null;
  /** A changed file, the folder of a git operation, the address of a link. */
  readonly target: string | null;
  /** The key of the tool use that did it, whose outcome is its own. */
  readonly tool: string | null;
  /** Lines of a file change. */
  readonly added: number;
  readonly removed: number;
  /** Characters of a prompt. Its text is never kept. */
  readonly length: number;
}

/** An action of which nothing is known yet. */
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

/** A stretch of a session that was read. */
export interface SessionObservation extends Place, Correction {
  /** Epoch milliseconds of the first and the last line. */
  readonly first: number;
  readonly last: number;
  /** Why it ended, where the assistant tells; null where it does not. */
  readonly reason: string | null;
  /** Version of the assistant. */
  readonly version: string;
}

/** What an assistant counted for a session itself, since it began; compaction and subagents included. */
export interface CostStateObservation {
  readonly session: string;
  /** Milliseconds that the session lasted; the longest is the newest. */
  readonly duration: number;
  /** Nano-dollars. */
  readonly cost: number;
  readonly models: Readonly<Record<string, ModelTotal>>;
}

/** Sums of one model in a cost state. */
export interface ModelTotal {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
  readonly searches: number;
  /** Nano-dollars. */
  readonly cost: number;
}

/** A limit of the provider as it was told with a response. One key stands for one window of time. */
export interface LimitObservation {
  /** Epoch milliseconds at which it was told: the newest holds. */
  readonly at: number;
  /** Name of the family of limits as the provider has it; empty where it has none. */
  readonly name: string;
  readonly windowMinutes: number;
  readonly usedPercent: number;
  /** Epoch milliseconds. */
  readonly resetsAt: number;
  /** The plan that it belongs to; empty where that was not told. */
  readonly plan: string;
}

/** A day as another program summed it up, for the time from which no transcript is left. */
export interface DayObservation {
  /** Local date, YYYY-MM-DD. */
  readonly date: string;
  readonly model: string;
  /** Where it comes from: "ccusage", "stats-cache". */
  readonly provenance: string;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  /** Tokens of which only the sum is known. */
  readonly unsplit: number;
  /** Nano-dollars; null where it was not told. */
  readonly cost: number | null;
}

/** A worktree that an assistant made of a repository, wherever it lies. */
export interface WorktreeObservation {
  /** Its directory, absolute. */
  readonly directory: string;
  /** The directory from which it was made. */
  readonly repository: string;
  readonly name: string;
}

/** The body of each kind of observation. */
export interface Bodies {
  readonly response: ResponseObservation;
  /**
   * What of a total that an assistant keeps is told by no response: usage all the same. It shrinks as more responses become
   * known, so the smallest holds, and where it is zero there was none.
   */
  readonly rest: ResponseObservation;
  readonly action: ActionObservation;
  readonly session: SessionObservation;
  readonly "cost-state": CostStateObservation;
  readonly limit: LimitObservation;
  readonly day: DayObservation;
  readonly worktree: WorktreeObservation;
}

/** Kinds of observations. */
export type Kind = keyof Bodies;

/** Why something that looks like usage is not counted. */
export type SkipReason =
  | "bad_json"
  | "bad_count"
  | "no_time"
  | "bad_time"
  | "synthetic"
  | "error_message"
  | "not_a_response"
  | "line_too_long"
  | "no_beginning"
  | "no_history"
  | "unknown_format"
  | "bad_database"
  | "file_too_large"
  | "abandoned";
