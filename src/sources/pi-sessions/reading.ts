import type { Emitter, LineChunk, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";

/** Reads lines of a session. */
export const readSession = (phase: Phase, chunk: LineChunk, emitter: Emitter): void =>
  (phase === "usage" ? readResponses : readActivity)(chunk, emitter);
