import type { LoggerState } from "../model/state.ts";
import { errnoOf, messageOf, PawprintError } from "../utils/errors.ts";
import { areWorkersFailing, pauseOf, prepareDirectory, probe } from "./Claims.ts";
import type { LogFiles } from "./LogFiles.ts";

/** Returns in one sentence why the log cannot be written; null if it can. Used when the state is missing or old. */
export async function findLogProblem(files: LogFiles, state: LoggerState | null, now: number): Promise<string | null> {
  try {
    await prepareDirectory(files);
    const pause = await pauseOf(files, now);
    if (pause !== null) return `log stopped: ${pause.code}`;
    await probe(files);
    return (await areWorkersFailing(files, state?.usage?.at ?? 0, now))
      ? "log stopped: its worker does not start"
      : null;
  } catch (error) {
    if (error instanceof PawprintError) return `log stopped: ${error.message}; ${error.hint}`;
    return `log stopped: ${errnoOf(error) ?? messageOf(error)}`;
  }
}
