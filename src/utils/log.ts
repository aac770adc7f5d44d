import { fstatSync, ftruncateSync } from "node:fs";
import pino, { type Logger } from "pino";
import { openOwn } from "./files.ts";

export type { Logger };

/** Size at which the message file starts anew, bytes. */
const MAX_BYTES = 1_048_576;

/**
 * What worker and commands have to say, as JSON lines in a file of ours: warnings and errors, with `debug` everything.
 * Synchronous, so that a line survives the process. Falls silent when the file cannot be opened.
 */
export function openMessages(path: string, debug: boolean): Logger {
  try {
    const fd = openOwn(path, "append");
    if (fstatSync(fd).size > MAX_BYTES) ftruncateSync(fd, 0);
    const options = { level: debug ? "debug" : "warn", base: null, timestamp: pino.stdTimeFunctions.isoTime };
    return pino(options, pino.destination({ fd, sync: true }));
  } catch {
    return pino({ enabled: false });
  }
}
