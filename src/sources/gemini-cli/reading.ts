import type { Document, Emitter, LineChunk, Phase } from "../contract.ts";
import { emitActivity } from "./activity.ts";
import { documentMessages, lineMessages } from "./messages.ts";
import { emitResponses } from "./responses.ts";

/** Reads lines of a chat. */
export function readChat(phase: Phase, chunk: LineChunk, emitter: Emitter): void {
  if (phase === "usage") emitResponses(lineMessages(chunk, emitter, '"tokens"'), chunk, emitter);
  else emitActivity(lineMessages(chunk, emitter), emitter);
}

/** Reads a chat that is one document. */
export function readOldChat(phase: Phase, document: Document, emitter: Emitter): void {
  const messages = documentMessages(document, emitter);
  if (phase === "usage") emitResponses(messages, document, emitter);
  else emitActivity(messages, emitter);
}
