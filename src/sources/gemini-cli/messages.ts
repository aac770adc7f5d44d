import type { Place } from "../../model/observation.ts";
import { type Fields, fields, lineOf, linesIn, listOf, parse, text, timeOf } from "../../utils/json.ts";
import type { Document, Emitter, LineChunk, SourceFile } from "../contract.ts";

/** One message of a chat, or only a time at which the chat was active. */
export interface ChatMessage {
  readonly message: Fields;
  /** Epoch milliseconds; null if it has no timestamp. */
  readonly at: number | null;
  /** The message is in a snapshot of the whole history: a copy of an earlier message that may be incomplete. */
  readonly isCopy: boolean;
  /** Bytes of the file before its line. */
  readonly offset: number;
  /** Id of the chat. Ids of messages and tools are unique within it. */
  readonly chat: string;
  readonly place: Place;
}

/** …/tmp/<project>/chats/<parent session>/<name> */
const PATH = /([^/]*)\/chats\/(?:([^/]+)\/)?([^/]+)\.jsonl?$/;

/**
 * Yields the messages in the lines of a chat: all, or those whose line contains `wanted`. The chat's id comes from the
 * first line and is stored in `memory`; a resumed chat repeats that line.
 */
export function* lineMessages(chunk: LineChunk, emitter: Emitter, wanted = ""): Generator<ChatMessage> {
  const { bytes, offset, isOpen } = chunk;
  const chat = typeof emitter.memory === "string" ? emitter.memory : chatOf(chunk);
  emitter.memory = chat;
  let place: Place | null = null;
  for (const { from, to, isComplete } of linesIn(bytes)) {
    // Blank lines, or the remains of a line after an edit or a crash.
    if (to - from < 2 || !bytes.subarray(from, to).includes(wanted)) continue;
    const line = lineOf(bytes, from, to);
    if (!line) {
      if (isComplete || !isOpen) emitter.skip(offset + from, "bad_json");
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

/** Yields the messages of a chat that is one document. */
export function* documentMessages(document: Document, emitter: Emitter): Generator<ChatMessage> {
  const whole = parse(document.bytes.toString("utf8"));
  if (!whole) return emitter.skip(0, "bad_json");
  const chat = text(whole["sessionId"], 200) || nameOf(document);
  const place = placeOf(document, chat, whole["kind"] === "subagent");
  for (const message of listOf(whole["messages"]))
    yield { message, at: timeOf(message["timestamp"]), isCopy: false, offset: 0, chat, place };
}

/** Returns the id in the first line, or the one in the file name if that line cannot be read. */
function chatOf(chunk: LineChunk): string {
  const end = chunk.bytes.indexOf(10);
  const header = chunk.offset === 0 ? lineOf(chunk.bytes, 0, end < 0 ? chunk.bytes.length : end) : null;
  return text(header?.["sessionId"], 200) || nameOf(chunk);
}

const nameOf = ({ path }: SourceFile): string => PATH.exec(path)?.[3]?.replace(/^session-.*-/, "") ?? path;

/** A subagent's chat belongs to its parent's session, which its folder is named after. */
function placeOf(file: SourceFile, chat: string, isAgent: boolean): Place {
  const [, folder = "", parent = ""] = PATH.exec(file.path) ?? [];
  return {
    session: parent || chat,
    project: projectOf(file, folder, parent ? "../.." : ".."),
    branch: "",
    agent: parent || isAgent ? "subagent" : "",
  };
}

/**
 * Returns the working directory: from a file beside the chats, or by the name of the project's folder, which was a hash
 * in older versions.
 */
function projectOf({ readSibling }: SourceFile, folder: string, above: string): string {
  const root = readSibling(`${above}/.project_root`)?.toString("utf8").split("\n")[0]?.trim();
  if (root) return text(root);
  const projects = Object.entries(fields(parse(String(readSibling(`${above}/../../projects.json`)))?.["projects"]));
  const known = projects.find(([path, name]) => name === folder || hashOf(path) === folder);
  return text(known?.[0]) || folder;
}

const hashOf = (path: string): string => new Bun.CryptoHasher("sha256").update(path).digest("hex");
