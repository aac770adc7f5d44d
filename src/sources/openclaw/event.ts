import type { Place, SkipReason } from "../../model/observation.ts";
import { countOf, type Fields, fields, text, timeOf } from "../../utils/json.ts";

/** A session, and what earlier events say about later ones. Stored between scans of an archive. */
export interface OpenclawSession {
  readonly id: string;
  /** Whether another session started it. */
  readonly isSub: boolean;
  /** 0 for the rows of a session; 1 for an archive, which repeats them and does not say who started the session. */
  readonly copy: 0 | 1;
  project: string;
  /** When it began, epoch milliseconds. A fork begins with copies of older events. */
  started: number;
  /** The current model. */
  model: string;
  /** The last response: results of tools that follow belong to it. */
  turn: string;
}

/** An event of a session, with the fields common to all events. */
export interface OpenclawEvent {
  readonly event: Fields;
  /** Unique among all sessions, and the same in every copy. Empty if the event has no id. */
  readonly key: string;
  /** Epoch milliseconds; null if the event has no timestamp. */
  readonly at: number | null;
  readonly place: Place;
  readonly copy: number;
  skip(reason: SkipReason): void;
}

/** A session of which no event has been read. */
export const newSession = (id: string, copy: 0 | 1, isSub = false): OpenclawSession => ({
  id,
  isSub,
  copy,
  project: "",
  started: 0,
  model: "",
  turn: "",
});

/** Newest supported version of the format. */
const NEWEST_VERSION = 4;

/** Updates a session by its next event, and returns the event. */
export function eventOf(session: OpenclawSession, event: Fields, skip: (reason: SkipReason) => void): OpenclawEvent {
  const at = timeOf(event["timestamp"]);
  if (event["type"] === "session") {
    session.project = text(event["cwd"], 4_096) || session.project;
    session.started = at ?? session.started;
    if ((countOf(event["version"]) ?? 0) > NEWEST_VERSION) skip("unknown_format");
  }
  if (event["type"] === "model_change") session.model = text(event["modelId"], 200) || session.model;
  const id = text(event["id"], 100);
  return {
    event,
    // Events of older versions have short ids, which are used again.
    key: id && `openclaw:${id}:${text(event["timestamp"], 40)}`,
    at,
    place: { session: session.id, project: session.project, branch: "", agent: session.isSub ? "subagent" : "" },
    copy: session.copy + (at !== null && at < session.started ? 4 : 0),
    skip,
  };
}

/** Updates a session by a response, to which the results that follow belong. */
export function beginTurn(session: OpenclawSession, { event, key }: OpenclawEvent): void {
  const message = fields(event["message"]);
  if (message["role"] !== "assistant") return;
  session.model = text(message["model"], 200) || session.model;
  session.turn = key;
}
