import type { Chunk, Emitter, Phase } from "../contract.ts";
import { readTranscript } from "./transcripts.ts";

export { readState } from "./state.ts";
export { readStops } from "./stops.ts";

/** Reads lines of a transcript, which tell no usage. */
export function readTranscripts(pass: Phase, chunk: Chunk, findings: Emitter): void {
  if (pass === "activity") readTranscript(chunk, findings);
}
