import type { Emitter, LineChunk, Phase } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readUsage } from "./usage.ts";

/** Reads lines of a thread. */
export const readRollout = (phase: Phase, chunk: LineChunk, emitter: Emitter): void =>
  (phase === "usage" ? readUsage : readActivity)(chunk, emitter);
