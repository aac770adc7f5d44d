import type { Chunk, Emitter, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";

/** Reads lines of a session. */
export const readSession = (pass: Phase, chunk: Chunk, findings: Emitter): void =>
  (pass === "usage" ? readResponses : readActivity)(chunk, findings);
