import type { Chunk, Document, Emitter, Phase } from "../contract.ts";
import { tellActivity } from "./activity.ts";
import { documentMessages, lineMessages } from "./messages.ts";
import { tellResponses } from "./responses.ts";

/** Reads lines of a chat. */
export function readChat(pass: Phase, chunk: Chunk, findings: Emitter): void {
  if (pass === "usage") tellResponses(lineMessages(chunk, findings, '"tokens"'), chunk, findings);
  else tellActivity(lineMessages(chunk, findings), findings);
}

/** Reads a chat that is one document. */
export function readOldChat(pass: Phase, document: Document, findings: Emitter): void {
  const messages = documentMessages(document, findings);
  if (pass === "usage") tellResponses(messages, document, findings);
  else tellActivity(messages, findings);
}
