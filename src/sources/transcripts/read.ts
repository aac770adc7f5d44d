import type { Chunk, Emitter, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";

/** The version of this reader, for all sources that read transcripts by it: see `Source.readerVersion`. */
export const TRANSCRIPT_READER = 2;

/** Reads lines of a transcript as Claude Code writes it, wherever it is run. */
export const readTranscript = (pass: Phase, chunk: Chunk, findings: Emitter): void =>
  (pass === "usage" ? readResponses : readActivity)(chunk, findings);
