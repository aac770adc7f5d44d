import { existsSync } from "node:fs";
import type { Clock } from "../utils/clock.ts";
import { PawprintError } from "../utils/errors.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import type { LogFiles } from "./LogFiles.ts";

/** Longest time that a worker needs for its records, with a margin, milliseconds. */
const WAIT_MS = 60_000;
const POLL_MS = 50;

/**
 * Takes the log's lock, so that no worker writes until it is released; waits for a running one. Null if there is no log.
 * Throws busy, file_refused.
 */
export async function lockLog(files: LogFiles, clock: Clock): Promise<Lock | null> {
  if (!existsSync(files.run)) return null;
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = tryLock(files.lock);
    if (lock !== null) return lock;
    if (waited >= WAIT_MS) {
      const hint = "try again when it has ended; pawprint watch must be stopped";
      throw new PawprintError("busy", `another process is writing the log ${files.directory}`, hint);
    }
    await clock.sleep(POLL_MS);
  }
}
