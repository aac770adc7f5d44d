import type { Emitter, LineChunk, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";
import { readRecords } from "./remainders.ts";

/** Reads lines of a chat. */
export const readChat = (phase: Phase, chunk: LineChunk, emitter: Emitter): void =>
  (phase === "usage" ? readResponses : readActivity)(chunk, emitter);

/** Reads the records of runs, which contain only usage. */
export function readUsageRecords(phase: Phase, chunk: LineChunk, emitter: Emitter): void {
  if (phase === "usage") readRecords(chunk, emitter);
}
