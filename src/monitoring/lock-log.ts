import { existsSync } from "node:fs";
import type { Clock } from "../utils/clock.ts";
import { PawprintError } from "../utils/errors.ts";
import { type Lock, tryLock, waitForLock } from "../utils/lock.ts";
import type { LogFiles } from "./LogFiles.ts";

/**
 * Takes the log's lock, so that no worker writes until it is released; waits for a running one. Null if there is no log.
 * Throws busy, file_refused.
 */
export async function lockLog(files: LogFiles, clock: Clock): Promise<Lock | null> {
  if (!existsSync(files.run)) return null;
  const lock = await waitForLock(clock, () => tryLock(files.lock));
  if (lock !== null) return lock;
  const hint = "try again when it has ended; pawprint watch must be stopped";
  throw new PawprintError("busy", `another process is writing the log ${files.directory}`, hint);
}
