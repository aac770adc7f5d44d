import { type Fields, fields, lineOf, text } from "../../utils/json.ts";
import type { Document, Emitter, Phase } from "../contract.ts";
import { type Message, messageOf, msOf, tellResponse, tellTurn } from "./message.ts";
import { tellPart } from "./part.ts";

/** Reads one document: a session, or a message with its parts, which only their folders tell apart. */
export function readDocument(pass: Phase, document: Document, findings: Emitter): void {
  const isSession = /[\\/]session[\\/][^\\/]+[\\/][^\\/]+$/.test(document.path);
  if (isSession && pass === "usage") return;
  const json = lineOf(document.bytes, 0, document.bytes.length);
  if (!json) return findings.skipped(0, "bad_json");
  if (isSession) return tellSession(json, findings);
  const message = messageIn(document, json, findings);
  if (pass === "usage") return tellResponse(message, findings);
  tellTurn(message, findings);
  for (const part of partsOf(document, text(json["id"], 200))) tellPart(part, message, findings);
}

/** A document says nothing of its neighbours, so that one that is not finished stays open. */
const messageIn = ({ written }: Document, info: Fields, findings: Emitter): Message =>
  messageOf(info, {
    session: text(info["sessionID"], 200),
    project: "",
    isSub: false,
    copy: 1,
    isFollowed: false,
    row: 0,
    written,
    skip: (reason) => findings.skipped(0, reason),
  });

/** The parts of a message, each a document of its own. A message is written once more when the last of them is. */
function* partsOf(document: Document, message: string): Generator<Fields> {
  if (!/^\w+$/.test(message)) return;
  const folder = `../../part/${message}`;
  for (const name of document.names(folder)) {
    const bytes = name.endsWith(".json") ? document.beside(`${folder}/${name}`) : null;
    const part = bytes && lineOf(bytes, 0, bytes.length);
    if (part) yield part;
  }
}

function tellSession(json: Fields, findings: Emitter): void {
  const session = text(json["id"], 200);
  const time = fields(json["time"]);
  const first = msOf(time["created"]);
  if (!session || first === null) return;
  const place = { session, project: text(json["directory"]), branch: "", agent: "" };
  const last = Math.max(msOf(time["updated"]) ?? first, first);
  const body = { ...place, first, last, reason: null, version: text(json["version"], 40) };
  findings.observed({ kind: "session", key: `session:${session}`, body });
}
