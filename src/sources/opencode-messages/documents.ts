import { type Fields, fields, lineOf, msOf, text } from "../../utils/json.ts";
import type { Document, Emitter, Phase } from "../contract.ts";
import { type OpencodeMessage, messageOf, emitResponse, emitTurn } from "./message.ts";
import { emitPart } from "./part.ts";

/** Reads one document: a session, or a message with its parts. Their folders distinguish them. */
export function readDocument(phase: Phase, document: Document, emitter: Emitter): void {
  const isSession = /[\\/]session[\\/][^\\/]+[\\/][^\\/]+$/.test(document.path);
  if (isSession && phase === "usage") return;
  const json = lineOf(document.bytes, 0, document.bytes.length);
  if (!json) return emitter.skip(0, "bad_json");
  if (isSession) return emitSession(json, emitter);
  const message = messageIn(document, json, emitter);
  if (phase === "usage") return emitResponse(message, emitter);
  emitTurn(message, emitter);
  for (const part of partsOf(document, text(json["id"], 200))) emitPart(part, message, emitter);
}

/** A document does not show whether later messages exist, so an unfinished message counts as open. */
const messageIn = ({ modifiedAt }: Document, info: Fields, emitter: Emitter): OpencodeMessage =>
  messageOf(info, {
    session: text(info["sessionID"], 200),
    project: "",
    isSub: false,
    copy: 1,
    isFollowed: false,
    row: 0,
    modifiedAt,
    skip: (reason) => emitter.skip(0, reason),
  });

/**
 * Yields the parts of a message, each a document of its own. A message is written again together with its last part.
 */
function* partsOf(document: Document, message: string): Generator<Fields> {
  if (!/^\w+$/.test(message)) return;
  const folder = `../../part/${message}`;
  for (const name of document.listFolder(folder)) {
    const bytes = name.endsWith(".json") ? document.readSibling(`${folder}/${name}`) : null;
    const part = bytes && lineOf(bytes, 0, bytes.length);
    if (part) yield part;
  }
}

function emitSession(json: Fields, emitter: Emitter): void {
  const session = text(json["id"], 200);
  const time = fields(json["time"]);
  const first = msOf(time["created"]);
  if (!session || first === null) return;
  const place = { session, project: text(json["directory"]), branch: "", agent: "" };
  const last = Math.max(msOf(time["updated"]) ?? first, first);
  const body = { ...place, first, last, reason: null, version: text(json["version"], 40) };
  emitter.emit({ kind: "session", key: `session:${session}`, body });
}
