import type { Document, Emitter, LineChunk, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readTotal, updateTotal } from "./running-totals.ts";

/** Reads lines of a session. */
export const readTranscript = (phase: Phase, chunk: LineChunk, emitter: Emitter): void =>
  (phase === "usage" ? updateTotal : readActivity)(chunk, emitter);

/** Reads the settings of a session, which contain only usage. */
export function readSettings(phase: Phase, document: Document, emitter: Emitter): void {
  if (phase === "usage") readTotal(document, emitter);
}
