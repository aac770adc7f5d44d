import type { Chunk, Emitter, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";
import { readRecords } from "./rests.ts";

/** Reads lines of a chat. */
export const readChat = (pass: Phase, chunk: Chunk, findings: Emitter): void =>
  (pass === "usage" ? readResponses : readActivity)(chunk, findings);

/** Reads records of runs, which tell usage only. */
export function readUsageRecords(pass: Phase, chunk: Chunk, findings: Emitter): void {
  if (pass === "usage") readRecords(chunk, findings);
}
