import type { Chunk, Emitter, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readUsage } from "./usage.ts";

/** Reads lines of a thread. */
export const readRollout = (pass: Phase, chunk: Chunk, findings: Emitter): void =>
  (pass === "usage" ? readUsage : readActivity)(chunk, findings);
