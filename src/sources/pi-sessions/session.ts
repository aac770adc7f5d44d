import type { SkipReason } from "../../model/observation.ts";
import { countOf, type Fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";

/** State needed to continue in the middle of a session's file. Stored between scans. */
export interface PiSession {
  readonly id: string;
  /** The session that this one was forked from; empty if there is none. */
  readonly parent: string;
  /** The working directory. */
  readonly project: string;
  /** Start of the file, epoch milliseconds. A fork begins with copies of older lines. */
  readonly started: number;
  /** The subagent that the file belongs to; empty for a session of the user. */
  agent: string;
  /** The current model. */
  model: string;
  /** The last response: tool results that follow belong to it. */
  turn: string;
  /** Files that its tools write: call id, path, and the number of lines if the file is written as a whole. */
  writes: [call: string, path: string, lines: number][];
}

/** An entry of a session, with the fields common to all entries. */
export interface PiEntry {
  readonly entry: Fields;
  /**
   * Unique among all sessions and the same in every copy. The ids alone are short and get reused. Empty if the entry
   * has no id.
   */
  readonly key: string;
  /** Epoch milliseconds; null if the entry has no timestamp. */
  readonly at: number | null;
  /** 0 for the session's own entry, 4 for a fork's copy. */
  readonly copy: 0 | 4;
  /** The entry was imported from a session of Claude Code or Codex, with its usage. */
  readonly isImported: boolean;
  skip(reason: SkipReason): void;
}

/** Newest supported version of the format. */
const NEWEST_VERSION = 3;
/** Bytes: longer lines are parsed only if they contain the wanted text, or name a subagent before their long texts. */
const SHORT = 2_048;
/** Bytes in which the type of an entry is found. */
const TYPE_BYTES = 64;
const AGENT_TYPE = '"session_init"';
/** Ids of entries that oh-my-pi made from another program's sessions; its own are hexadecimal. */
const IMPORTED = /^(?:claude|codex)-/;

/** Reads the entries of a chunk in order and tracks their session. A long line is read only if it contains `wanted`. */
export function readEntries(
  { bytes, offset, path, isOpen }: LineChunk,
  emitter: Emitter,
  wanted: string,
  read: (session: PiSession, entry: PiEntry) => void,
): void {
  const isWanted = (from: number, to: number): boolean =>
    to - from <= SHORT ||
    bytes.subarray(from, from + TYPE_BYTES).includes(AGENT_TYPE) ||
    bytes.subarray(from, to).includes(wanted);
  // What an earlier version stored lacks the agent.
  let session: PiSession = { ...sessionFromPath(path), ...(emitter.memory as PiSession | null) };
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (isBlank(bytes, from, to) || !isWanted(from, to)) continue;
    const skip = (reason: SkipReason): void => emitter.skip(offset + from, reason);
    const entry = lineOf(bytes, from, to);
    if (!entry) {
      if (isComplete || !isOpen) skip("bad_json");
      continue;
    }
    const at = timeOf(entry["timestamp"]);
    if (entry["type"] === "session") {
      session = sessionOf(entry, at, session);
      if ((countOf(entry["version"]) ?? 0) > NEWEST_VERSION) skip("unknown_format");
    }
    const id = text(entry["id"], 100);
    const key = id && `pi:${id}:${text(entry["timestamp"], 40)}`;
    if (entry["type"] === "session_init") session.agent = text(entry["agent"], 100) || session.agent;
    const copy = at !== null && at < session.started ? 4 : 0;
    read(session, { entry, key, at, copy, isImported: IMPORTED.test(id), skip });
    if (entry["type"] === "model_change") session.model = chosenModel(entry) || session.model;
  }
  emitter.memory = session;
}

/**
 * Returns the model that a model_change chooses for the session: "modelId" of pi, or "model" of oh-my-pi with the provider
 * in front, which also changes models for other roles than the session's own.
 */
const chosenModel = ({ modelId, model, role = "default" }: Fields): string =>
  role === "default" ? text(modelId, 200) || text(model, 300).replace(/^[^/]*\//, "") : "";

/** Returns the session as described by the first line of its file. */
function sessionOf(header: Fields, at: number | null, byName: PiSession): PiSession {
  return {
    ...byName,
    id: text(header["id"], 200) || byName.id,
    parent: text(header["parentSession"], 4_096) && sessionFromPath(text(header["parentSession"], 4_096)).id,
    project: text(header["cwd"], 4_096),
    started: at ?? byName.started,
  };
}

/** A file below a folder that is named like a session's file. */
const SUBAGENT_PATH = /[\\/]\d{4}-\d\d-\d\dT[^\\/]*Z_[^\\/]+[\\/](?:.*[\\/])?([^\\/]+)\.jsonl$/;

/** The kind of agent that a path shows; empty for a session of the user. */
function agentFromPath(path: string): string {
  const [, name] = SUBAGENT_PATH.exec(path) ?? [];
  return name === undefined ? "" : name.startsWith("__advisor") ? "advisor" : "subagent";
}

/**
 * Returns the session as far as the file name identifies it: .../2026-11-20T10-13-32-341Z_<id>.jsonl. The files of
 * subagents are below a folder with that name.
 */
function sessionFromPath(path: string): PiSession {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).replace(/\.jsonl$/, "");
  const [, date, hours, minutes, seconds, ms, id] =
    /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z_(.+)$/.exec(name) ?? [];
  const started = id ? timeOf(`${date}T${hours}:${minutes}:${seconds}.${ms}Z`) : null;
  const [agent, model] = [agentFromPath(path), ""];
  return { id: id ?? name, parent: "", project: "", started: started ?? 0, agent, model, turn: "", writes: [] };
}

/** Whether a line is empty or holds only the remains of an edit or a crash. */
function isBlank(bytes: Buffer, from: number, to: number): boolean {
  return to - from < 2 || (to - from < 100 && /^[\s\0]*$/.test(bytes.toString("latin1", from, to)));
}
