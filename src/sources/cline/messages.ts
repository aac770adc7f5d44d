import type { Place } from "../../model/observation.ts";
import { type Fields, fields, listOf, msOf, parse, text } from "../../utils/json.ts";
import type { Document, Emitter, SourceFile } from "../contract.ts";

/** A message of a session. */
export interface ClineMessage {
  readonly message: Fields;
  /** Unique among all sessions, and the same in every copy; empty if it has none. */
  readonly id: string;
  /** Epoch milliseconds; null if it has no time. For a response this is its end. */
  readonly at: number | null;
  /** 0 for the session's own message, 4 for a copy: a session after a fork or an undo begins with the messages before it. */
  readonly copy: 0 | 4;
}

/** The messages of one file. */
export interface ClineSession {
  readonly messages: readonly ClineMessage[];
  readonly place: Place;
  /** Version of the program; empty if not known. */
  readonly version: string;
  /** Modification time of the file, epoch milliseconds. */
  readonly modifiedAt: number;
}

/** …/sessions/<session>/<name>.messages.json */
const PATH = /([^/]+)\/([^/]+)\.(?:messages|compaction)\.json$/;

/** Reads the messages of a file; null if it is not one that Cline wrote. */
export function messagesOf(document: Document, emitter: Emitter): ClineSession | null {
  const whole = parse(document.bytes.toString("utf8"));
  const list = whole?.["messages"];
  if (!whole || !Array.isArray(list)) {
    emitter.skip(0, whole ? "unknown_format" : "bad_json");
    return null;
  }
  const [, session = document.path, name = ""] = PATH.exec(document.path) ?? [];
  // A session's id begins with the time of its start.
  const started = Number(/^\d{13}(?=_)/.exec(session)?.[0] ?? 0);
  const messages = listOf(list).map((message): ClineMessage => {
    const at = msOf(message["ts"]) ?? msOf(fields(message["metadata"])["generatedAt"]);
    return { message, id: text(message["id"], 100), at, copy: at !== null && at < started ? 4 : 0 };
  });
  return {
    messages,
    place: placeOf(document, session, name, whole),
    version: text(fields(whole["origin"])["version"], 40),
    modifiedAt: document.modifiedAt,
  };
}

/** Subagents and teammates belong to the session in whose folder their files are; its manifest has the folder and branch. */
function placeOf({ readSibling }: SourceFile, session: string, name: string, whole: Fields): Place {
  const manifest = parse(String(readSibling(`${session}.json`))) ?? {};
  return {
    session,
    project: text(manifest["cwd"], 4_096),
    branch: text(fields(fields(manifest["metadata"])["git"])["branch"], 250),
    agent: name === session ? "" : whole["agent"] === "teammate" ? "teammate" : "subagent",
  };
}
