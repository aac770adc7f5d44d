import type { Place } from "../../model/observation.ts";
import { type Fields, fields, isFields, isTime, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { RolloutLine } from "./line.ts";

/** State of a thread, collected from previous lines. Stored between scans as plain JSON. */
export interface CodexThread {
  /** From line 1, not from the file name: a rewound thread continues in a file with another name. */
  readonly id: string;
  /** Id of the root thread, shared by all its subagents. */
  readonly session: string;
  /** Type of subagent; empty for a thread of the user. */
  readonly agent: string;
  readonly branch: string;
  /** Codex version that started the file. */
  readonly version: string;
  /** The thread continues another one, so its totals start with that thread's totals. */
  readonly isContinued: boolean;
  /** Start of the file, epoch milliseconds. */
  readonly began: number;
  project: string;
  model: string;
  tier: string;
  turn: string;
  /** Time of the last line with a timestamp, epoch milliseconds. */
  time: number;
  /** Set while lines are copies from the thread that this one was forked from. */
  copying: HistoryCopy | null;
}

/** How copied lines are recognized: by turn ids, by ordinals, or by times close to the file's start. */
interface HistoryCopy {
  /** Ordinal of the thread's first own line according to the file; null if it names none. */
  readonly below: number | null;
  until: number;
}

/** Milliseconds after the file's start within which copied lines are written. */
const COPY_DURATION = 1_000;
/** Milliseconds: copying a large history takes longer, but has no pause long enough for a model to answer. */
const PAUSE = 200;
const UUID7 = /^[\da-f]{8}-[\da-f]{4}-7/;
/** Turn ids that `codex migrate-rollouts` assigns to turns without one. */
const MIGRATED = /^rollout-\d+$/;
/** Turns of a chat imported from another program, where they were counted. */
const IMPORTED = "external-import-turn-";

/**
 * Updates a thread with a line and returns it; creates it from the first line. `path` and `modifiedAt` are used if the
 * line lacks id or time.
 */
export function follow(
  known: CodexThread | null,
  line: RolloutLine,
  { path, modifiedAt }: { path: string; modifiedAt: number },
  emitter: Emitter,
): CodexThread {
  const { payload, type, kind } = line;
  const isMeta = type === "session_meta" && payload !== null;
  if (!known && !isMeta) emitter.skip(line.offset, "no_beginning");
  const thread = known ?? threadOf(isMeta ? payload : {}, line.at ?? modifiedAt, path);
  if (!payload) return thread;
  thread.time = timeIn(thread, line) ?? thread.time;
  // Versions that did not record the fork's origin also copied the first line of the other thread.
  if (isMeta && text(payload["id"], 200) !== thread.id && !thread.isContinued)
    thread.copying ??= { below: null, until: thread.began + COPY_DURATION };
  if (type === "turn_context" || kind === "task_started") thread.turn = text(payload["turn_id"], 100) || thread.turn;
  if (type === "turn_context") {
    thread.model = text(payload["model"], 200) || thread.model;
    thread.project = text(payload["cwd"]) || thread.project;
  }
  if (kind === "thread_settings_applied") thread.tier = tierOf(payload["thread_settings"]);
  return thread;
}

/**
 * Returns the time used to recognize copied lines, or null if the line has none or an impossible one. If the thread
 * itself began at an impossible time, such times are kept, because their order is still right.
 */
const timeIn = ({ began }: CodexThread, { at }: RolloutLine): number | null =>
  at !== null && (isTime(at) || !isTime(began)) ? at : null;

/** Whether `follow` needs the payload of a line. */
export const isFollowed = (type: string, kind: string): boolean =>
  type === "session_meta" || type === "turn_context" || kind === "task_started" || kind === "thread_settings_applied";

function threadOf(meta: Fields, began: number, path: string): CodexThread {
  const id = text(meta["id"], 200) || idFromPath(path);
  const subagent = fields(meta["source"])["subagent"];
  const spawn = fields(fields(subagent)["thread_spawn"]);
  const parent = text(meta["parent_thread_id"], 200) || text(spawn["parent_thread_id"], 200);
  const isContinued = isFields(meta["history_base"]);
  const below = meta["subagent_history_start_ordinal"];
  const isCopy = typeof below === "number" || (text(meta["forked_from_id"]) !== "" && !isContinued);
  return {
    id,
    session: text(meta["session_id"], 200) || parent || id,
    agent: agentTypeOf(subagent, meta),
    branch: text(fields(meta["git"])["branch"], 250),
    version: text(meta["cli_version"], 40),
    isContinued,
    began,
    project: text(meta["cwd"]),
    model: "",
    tier: "standard",
    turn: "",
    time: began,
    copying: isCopy ? { below: typeof below === "number" ? below : null, until: began + COPY_DURATION } : null,
  };
}

/** First id in the file name. It is the thread's id unless only a later part of a chat exists. */
const idFromPath = (path: string): string =>
  /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/.exec(path.slice(path.lastIndexOf("/") + 1))?.[0] ??
  path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl(?:\.zst)?$/, "");

function agentTypeOf(subagent: unknown, meta: Fields): string {
  const named = text(subagent, 100) || text(fields(subagent)["other"], 100);
  if (named) return named;
  const role = text(fields(fields(subagent)["thread_spawn"])["agent_role"], 100) || text(meta["agent_role"], 100);
  return subagent || meta["thread_source"] === "subagent" ? role || "subagent" : "";
}

function tierOf(settings: unknown): string {
  const tier = text(fields(settings)["service_tier"], 40);
  // Codex uses "fast" for the tier that the provider bills as priority, and "default" and "auto" for none.
  return tier === "fast" ? "priority" : tier === "default" || tier === "auto" || tier === "" ? "standard" : tier;
}

/** Whether a line belongs to the thread itself, rather than being copied from another thread or program. */
export function isOwn(thread: CodexThread, line: RolloutLine): boolean {
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

function isOwnYet(
  { id, turn }: CodexThread,
  { below, until }: HistoryCopy,
  ordinal: number | null,
  time: number,
): boolean {
  // Both ids begin with their time, so comparing the texts compares the times.
  if (UUID7.test(turn) && UUID7.test(id)) return turn > id;
  // A migration writes the number of lines as the first own ordinal, even if nothing was copied.
  if (below !== null && ordinal !== null && !MIGRATED.test(turn)) return ordinal >= below;
  return time > until;
}

/** Whether the file was started by this version or a later one: 0.153 is 153. */
export function isSince({ version }: CodexThread, minor: number): boolean {
  const [, major, found] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return major !== undefined && (Number(major) > 0 || Number(found) >= minor);
}

/** Minor version since which each response is recorded by its id, in "token_usage_record" lines. */
export const RECORDS_SINCE = 153;

/** Place of the actions and responses on a line. */
export const placeOf = ({ session, project, branch, agent }: CodexThread): Place => ({
  session,
  project,
  branch,
  agent,
});
