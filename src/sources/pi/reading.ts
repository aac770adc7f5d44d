import type { Chunk, Findings, Pass } from "../contract.ts";
import { readActivity } from "./activity.ts";
import { readResponses } from "./responses.ts";

/** Reads lines of a session. */
export const readSession = (pass: Pass, chunk: Chunk, findings: Findings): void =>
  (pass === "usage" ? readResponses : readActivity)(chunk, findings);
