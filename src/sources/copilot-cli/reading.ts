import type { Chunk, Emitter, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
export { readDatabase } from "./database.ts";
import { readResponses } from "./responses.ts";

/** Reads lines of a session. */
export const readEvents = (pass: Phase, chunk: Chunk, findings: Emitter): void =>
  (pass === "usage" ? readResponses : readActivity)(chunk, findings);
