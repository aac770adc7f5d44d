import type { Place } from "../../model/observation.ts";
import { type Fields, fields, lineOf, linesIn, listOf, parse, text, timeOf } from "../../utils/json.ts";
import type { Chunk, Document, Emitter, SourceFile } from "../contract.ts";

/** One message of a chat, or only a time at which the chat was written. */
export interface Message {
  readonly message: Fields;
  /** Epoch milliseconds; null where it tells none. */
  readonly at: number | null;
  /** It stands in a snapshot of the whole history: a copy, that may have lost something, of what was written before. */
  readonly isCopy: boolean;
  /** Bytes of the file before it. */
  readonly offset: number;
  /** The chat's own id, within which ids of messages and tools are unique. */
  readonly chat: string;
  readonly place: Place;
}

/** …/tmp/<project>/chats/<parent session>/<name> */
const PATH = /([^/]*)\/chats\/(?:([^/]+)\/)?([^/]+)\.jsonl?$/;

/**
 * Messages in the lines of a chat, all or those whose line holds a text. The first line tells the chat's id, which is
 * remembered; it comes again where the chat is resumed.
 */
export function* lineMessages(chunk: Chunk, findings: Emitter, wanted = ""): Generator<Message> {
  const { bytes, offset, isOpen } = chunk;
  const chat = typeof findings.memory === "string" ? findings.memory : chatOf(chunk);
  findings.memory = chat;
  let place: Place | null = null;
  for (const { from, to, isComplete } of linesIn(bytes)) {
    // A blank line, or what an editor or a crash left of one.
    if (to - from < 2 || !bytes.subarray(from, to).includes(wanted)) continue;
    const line = lineOf(bytes, from, to);
    if (!line) {
      if (isComplete || !isOpen) findings.skipped(offset + from, "bad_json");
      continue;
    }
    place ??= placeOf(chunk, chat, false);
    const own = { offset: offset + from, chat, place };
    const set = fields(line["$set"]);
    const at = timeOf(line["timestamp"] ?? line["startTime"] ?? set["lastUpdated"]);
    yield { ...own, message: line, at, isCopy: false };
    for (const message of listOf(set["messages"]))
      yield { ...own, message, at: timeOf(message["timestamp"]), isCopy: true };
  }
}

/** Messages of a chat that is one document. */
export function* documentMessages(document: Document, findings: Emitter): Generator<Message> {
  const whole = parse(document.bytes.toString("utf8"));
  if (!whole) return findings.skipped(0, "bad_json");
  const chat = text(whole["sessionId"], 200) || nameOf(document);
  const place = placeOf(document, chat, whole["kind"] === "subagent");
  for (const message of listOf(whole["messages"]))
    yield { message, at: timeOf(message["timestamp"]), isCopy: false, offset: 0, chat, place };
}

/** The id in the first line; where that cannot be read, what the file's name tells of it. */
function chatOf(chunk: Chunk): string {
  const end = chunk.bytes.indexOf(10);
  const header = chunk.offset === 0 ? lineOf(chunk.bytes, 0, end < 0 ? chunk.bytes.length : end) : null;
  return text(header?.["sessionId"], 200) || nameOf(chunk);
}

const nameOf = ({ path }: SourceFile): string => PATH.exec(path)?.[3]?.replace(/^session-.*-/, "") ?? path;

/** A subagent's chat is part of the session of its parent, by whose id its folder is named. */
function placeOf(file: SourceFile, chat: string, isAgent: boolean): Place {
  const [, folder = "", parent = ""] = PATH.exec(file.path) ?? [];
  return {
    session: parent || chat,
    project: projectOf(file, folder, parent ? "../.." : ".."),
    branch: "",
    agent: parent || isAgent ? "subagent" : "",
  };
}

/** The working directory: in a file beside, or by the name of the project's folder, which was a hash in older versions. */
function projectOf({ beside }: SourceFile, folder: string, above: string): string {
  const root = beside(`${above}/.project_root`)?.toString("utf8").split("\n")[0]?.trim();
  if (root) return text(root);
  const projects = Object.entries(fields(parse(String(beside(`${above}/../../projects.json`)))?.["projects"]));
  const known = projects.find(([path, name]) => name === folder || hashOf(path) === folder);
  return text(known?.[0]) || folder;
}

const hashOf = (path: string): string => new Bun.CryptoHasher("sha256").update(path).digest("hex");
