import type { Document, Emitter, Phase } from "../contract.ts";
import { emitActivity } from "./activity.ts";
import { emitResponses } from "./responses.ts";
import { sessionOf } from "./session.ts";

/** Reads a session. */
export function readSession(phase: Phase, document: Document, emitter: Emitter): void {
  const session = sessionOf(document, emitter);
  if (session) (phase === "usage" ? emitResponses : emitActivity)(session, emitter);
}
