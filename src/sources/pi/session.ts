import type { SkipReason } from "../../model/observation.ts";
import { countOf, type Fields, fields, isNotZero, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";

/** What must be known to read on in the middle of a session's file. */
export interface Session {
  readonly id: string;
  /** The session that this one was forked from; empty where there is none. */
  readonly parent: string;
  /** The working directory. */
  readonly project: string;
  /** Epoch milliseconds at which the file was begun: a fork begins with copies of lines that are older. */
  readonly started: number;
  /** The model that answers now. */
  model: string;
  /** The last response, to which the results of tools belong that follow it. */
  turn: string;
  /** Files that its tools write, by the call: its id, the path, and the lines of a file that is written whole. */
  writes: [call: string, path: string, lines: number][];
}

/** An entry of a session, with what every entry has. */
export interface Entry {
  readonly entry: Fields;
  /** Unique among all sessions, the same in every copy; the ids alone are short and are used again. Empty where it has no id. */
  readonly key: string;
  /** Epoch milliseconds; null where it tells none. */
  readonly at: number | null;
  /** 0 the session's own, 4 a fork's copy. */
  readonly copy: 0 | 4;
  skip(reason: SkipReason): void;
}

/** The newest format of which we know what it means. */
const NEWEST = 3;
/** Lines that are longer are looked into only if they are wanted. */
const SHORT = 2_048;

/** Reads the entries of a chunk in turn, and remembers the session that they belong to. Long lines only where `wanted` stands in them. */
export function readEntries(
  { bytes, offset, path, isOpen }: Chunk,
  findings: Emitter,
  wanted: string,
  read: (session: Session, entry: Entry) => void,
): void {
  let session = (findings.memory as Session | null) ?? sessionByName(path);
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (isBlank(bytes, from, to) || (to - from > SHORT && !bytes.subarray(from, to).includes(wanted))) continue;
    const skip = (reason: SkipReason): void => findings.skipped(offset + from, reason);
    const entry = lineOf(bytes, from, to);
    if (!entry) {
      if (isComplete || !isOpen) skip("bad_json");
      continue;
    }
    const at = timeOf(entry["timestamp"]);
    if (entry["type"] === "session") {
      session = sessionOf(entry, at, session);
      if ((countOf(entry["version"]) ?? 0) > NEWEST) skip("unknown_format");
    }
    const id = text(entry["id"], 100);
    const key = id && `pi:${id}:${text(entry["timestamp"], 40)}`;
    read(session, { entry, key, at, copy: at !== null && at < session.started ? 4 : 0, skip });
    if (entry["type"] === "model_change") session.model = text(entry["modelId"], 200) || session.model;
  }
  findings.memory = session;
}

/** Whether an entry tells tokens; an interrupted or refused response has a usage, all of zeros. */
export function usageOf(entry: Fields): Fields | null {
  const usage = fields(fields(entry["message"])["usage"] ?? entry["usage"]);
  return ["input", "output", "cacheRead", "cacheWrite"].some((name) => isNotZero(usage[name])) ? usage : null;
}

/** The session as the first line of its file tells it. */
function sessionOf(header: Fields, at: number | null, byName: Session): Session {
  return {
    ...byName,
    id: text(header["id"], 200) || byName.id,
    parent: text(header["parentSession"], 4_096) && sessionByName(text(header["parentSession"], 4_096)).id,
    project: text(header["cwd"], 4_096),
    started: at ?? byName.started,
  };
}

/** What the name of a session's file tells: .../2026-11-20T10-13-32-341Z_<id>.jsonl */
function sessionByName(path: string): Session {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).replace(/\.jsonl$/, "");
  const [, date, hours, minutes, seconds, ms, id] =
    /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z_(.+)$/.exec(name) ?? [];
  const started = id ? timeOf(`${date}T${hours}:${minutes}:${seconds}.${ms}Z`) : null;
  return { id: id ?? name, parent: "", project: "", started: started ?? 0, model: "", turn: "", writes: [] };
}

/** Nothing, or what an editor or a crash left. */
function isBlank(bytes: Buffer, from: number, to: number): boolean {
  return to - from < 2 || (to - from < 100 && /^[\s\0]*$/.test(bytes.toString("latin1", from, to)));
}
