import { errnoOf, messageOf, PawprintError } from "../utils/errors.ts";
import { pauseOf, prepareDirectory } from "./Claims.ts";
import type { LogFiles } from "./LogFiles.ts";

/** What keeps the log directory from being written, in one sentence; null when nothing does. For when state is missing or old. */
export function examine(files: LogFiles, now: number): string | null {
  try {
    prepareDirectory(files);
    const pause = pauseOf(files, now);
    return pause === null ? null : `log stopped: ${pause.code}`;
  } catch (error) {
    if (error instanceof PawprintError) return `log stopped: ${error.message}; ${error.hint}`;
    return `log stopped: ${errnoOf(error) ?? messageOf(error)}`;
  }
}
