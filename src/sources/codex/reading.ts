import type { Chunk, Findings, Pass } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readUsage } from "./usage.ts";

/** Reads lines of a thread. */
export const readRollout = (pass: Pass, chunk: Chunk, findings: Findings): void =>
  (pass === "usage" ? readUsage : readActivity)(chunk, findings);
