import { fstatSync, ftruncateSync } from "node:fs";
import pino, { type Logger } from "pino";
import { openOwn, writeAll } from "./files.ts";

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
    return pino(options, { write: (line) => tell(fd, line) });
  } catch {
    return pino({ enabled: false });
  }
}

/** Writes one message; one that the disk does not take is lost, because what it tells of must go on. */
function tell(fd: number, line: string): void {
  try {
    writeAll(fd, new TextEncoder().encode(line));
  } catch {
    // The state and the pause tell of it as well.
  }
}
