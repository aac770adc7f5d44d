import type { Emitter, LineChunk, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";

/** Version of this reader, shared by all sources that read transcripts: see `Source.readerVersion`. */
export const TRANSCRIPT_READER = 2;

/** Reads lines of a Claude Code transcript. */
export const readTranscript = (phase: Phase, chunk: LineChunk, emitter: Emitter): void =>
  (phase === "usage" ? readResponses : readActivity)(chunk, emitter);
