import type { Document, Emitter, Phase } from "../contract.ts";
import { emitActivity } from "./activity.ts";
import { messagesOf } from "./messages.ts";
import { emitResponses } from "./responses.ts";

/** Reads the messages of a session, a subagent or a teammate, or of a shortened history. */
export function readSession(phase: Phase, document: Document, emitter: Emitter): void {
  const session = messagesOf(document, emitter);
  if (session) (phase === "usage" ? emitResponses : emitActivity)(session, emitter);
}
