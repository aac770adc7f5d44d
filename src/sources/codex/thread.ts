import type { Place } from "../../model/observation.ts";
import { type Fields, fields, isTime, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { Line } from "./line.ts";

/** What lines above a line tell of it. Written down between two readings, as plain JSON. */
export interface Thread {
  /** Of line 1, never of the file's name: a rewound thread goes on in a file of another name. */
  readonly id: string;
  /** The root thread's id, which all its subagents share. */
  readonly session: string;
  /** The sort of subagent; empty for a thread of the user's own. */
  readonly agent: string;
  readonly branch: string;
  /** Version of Codex that began the file. */
  readonly version: string;
  /** The thread goes on where another ended: its totals begin with that one's. */
  readonly isContinued: boolean;
  /** When the file was begun, epoch milliseconds. */
  readonly began: number;
  project: string;
  model: string;
  tier: string;
  turn: string;
  /** Time of the last line that told one. */
  time: number;
  /** While lines are those of the thread that this one was forked from. */
  copying: Copying | null;
}

/** How copied lines are recognised: by the ids of their turns, by their ordinals, or by times as old as the file's. */
interface Copying {
  /** The ordinal of the thread's first own line, as the file tells it; null where it tells none. */
  readonly below: number | null;
  until: number;
}

/** Copied lines are written at once, and stamped with the time of writing. */
const AT_ONCE = 1_000;
/** A large history takes longer, without a pause in which a model could have answered. */
const PAUSE = 200;
const UUID7 = /^[\da-f]{8}-[\da-f]{4}-7/;
/** Ids that `codex migrate-rollouts` gives to turns that had none. */
const MIGRATED = /^rollout-\d+$/;
/** Turns of a chat that was taken over from another program, which paid for it. */
const IMPORTED = "external-import-turn-";

/** Follows a line; what the thread is known to be from its first one on. `path` and `written` stand in for what it lacks. */
export function follow(
  known: Thread | null,
  line: Line,
  { path, written }: { path: string; written: number },
  findings: Emitter,
): Thread {
  const { payload, type, kind } = line;
  const isMeta = type === "session_meta" && payload !== null;
  if (!known && !isMeta) findings.skipped(line.offset, "no_beginning");
  const thread = known ?? threadOf(isMeta ? payload : {}, line.at ?? written, path);
  if (!payload) return thread;
  thread.time = timeIn(thread, line) ?? thread.time;
  // Versions that did not say from where they forked copied the other thread's first line, too.
  if (isMeta && text(payload["id"], 200) !== thread.id && !thread.isContinued)
    thread.copying ??= { below: null, until: thread.began + AT_ONCE };
  if (type === "turn_context" || kind === "task_started") thread.turn = text(payload["turn_id"], 100) || thread.turn;
  if (type === "turn_context") {
    thread.model = text(payload["model"], 200) || thread.model;
    thread.project = text(payload["cwd"]) || thread.project;
  }
  if (kind === "thread_settings_applied") thread.tier = tierOf(payload["thread_settings"]);
  return thread;
}

/**
 * The time of a line by which copies are told from what was done later; null where it has none, or one that nothing can have. In a
 * thread that begins at such a time all are of that age, and still come one after the other.
 */
const timeIn = ({ began }: Thread, { at }: Line): number | null =>
  at !== null && (isTime(at) || !isTime(began)) ? at : null;

/** Types of lines that `follow` needs whole. */
export const isFollowed = (type: string, kind: string): boolean =>
  type === "session_meta" || type === "turn_context" || kind === "task_started" || kind === "thread_settings_applied";

function threadOf(meta: Fields, began: number, path: string): Thread {
  const id = text(meta["id"], 200) || nameOf(path);
  const subagent = fields(meta["source"])["subagent"];
  const spawn = fields(fields(subagent)["thread_spawn"]);
  const parent = text(meta["parent_thread_id"], 200) || text(spawn["parent_thread_id"], 200);
  const isContinued = typeof meta["history_base"] === "object" && meta["history_base"] !== null;
  const below = meta["subagent_history_start_ordinal"];
  const isCopy = typeof below === "number" || (text(meta["forked_from_id"]) !== "" && !isContinued);
  return {
    id,
    session: text(meta["session_id"], 200) || parent || id,
    agent: sortOf(subagent, meta),
    branch: text(fields(meta["git"])["branch"], 250),
    version: text(meta["cli_version"], 40),
    isContinued,
    began,
    project: text(meta["cwd"]),
    model: "",
    tier: "standard",
    turn: "",
    time: began,
    copying: isCopy ? { below: typeof below === "number" ? below : null, until: began + AT_ONCE } : null,
  };
}

/** The first id in the file's name: the thread's, but for a chat of which only a later part is there. */
const nameOf = (path: string): string =>
  /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/.exec(path.slice(path.lastIndexOf("/") + 1))?.[0] ??
  path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl(?:\.zst)?$/, "");

function sortOf(subagent: unknown, meta: Fields): string {
  const named = text(subagent, 100) || text(fields(subagent)["other"], 100);
  if (named) return named;
  const role = text(fields(fields(subagent)["thread_spawn"])["agent_role"], 100) || text(meta["agent_role"], 100);
  return subagent || meta["thread_source"] === "subagent" ? role || "subagent" : "";
}

function tierOf(settings: unknown): string {
  const tier = text(fields(settings)["service_tier"], 40);
  // Both are names that Codex has for the tier which the provider bills as priority, and for none.
  return tier === "fast" ? "priority" : tier === "default" || tier === "auto" || tier === "" ? "standard" : tier;
}

/** Whether a line is the thread's own, and not one of another thread or program that was copied into its file. */
export function isOwn(thread: Thread, line: Line): boolean {
  if (thread.turn.startsWith(IMPORTED)) return false;
  const { copying } = thread;
  if (!copying) return true;
  const time = timeIn(thread, line) ?? thread.time;
  if (isOwnYet(thread, copying, line.ordinal, time)) {
    thread.copying = null;
    return true;
  }
  copying.until = Math.max(copying.until, time + PAUSE);
  return false;
}

function isOwnYet({ id, turn }: Thread, { below, until }: Copying, ordinal: number | null, time: number): boolean {
  // Both begin with their time, so that the order of the texts is the order in which they were made.
  if (UUID7.test(turn) && UUID7.test(id)) return turn > id;
  // A migration writes the number of the file's lines as the first own ordinal, also where nothing was copied.
  if (below !== null && ordinal !== null && !MIGRATED.test(turn)) return ordinal >= below;
  return time > until;
}

/** Whether the file was begun by a version from this one on: 0.153 is 153. */
export function isFrom({ version }: Thread, minor: number): boolean {
  const [, major, found] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return major !== undefined && (Number(major) > 0 || Number(found) >= minor);
}

/** Since when each response is written down by its id, in lines of the type "token_usage_record". */
export const RECORDS = 153;

/** Where what a line tells happened. */
export const placeOf = ({ session, project, branch, agent }: Thread): Place => ({ session, project, branch, agent });
