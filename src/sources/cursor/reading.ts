import type { Emitter, LineChunk, Phase } from "../contract.ts";
import { readTranscript } from "./transcripts.ts";

export { readState } from "./state.ts";
export { readStops } from "./stops.ts";

/** Reads lines of a transcript. Transcripts contain no usage. */
export function readTranscripts(phase: Phase, chunk: LineChunk, emitter: Emitter): void {
  if (phase === "activity") readTranscript(chunk, emitter);
}
