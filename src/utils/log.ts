import { fstatSync, ftruncateSync } from "node:fs";
import pino, { type Logger } from "pino";
import { openOwn, writeAll } from "./files.ts";

export type { Logger };

/** Size at which the message file is emptied, bytes. */
const MAX_BYTES = 1_048_576;

/**
 * Opens the message log of worker and commands: JSON lines in a file of ours, with warnings and errors, or everything
 * with `debug`. Synchronous, so that a message survives the end of the process. Disabled if the file cannot be opened.
 */
export function openMessages(path: string, debug: boolean): Logger {
  try {
    const fd = openOwn(path, "append");
    if (fstatSync(fd).size > MAX_BYTES) ftruncateSync(fd, 0);
    const options = { level: debug ? "debug" : "warn", base: null, timestamp: pino.stdTimeFunctions.isoTime };
    return pino(options, { write: (line) => writeMessage(fd, line) });
  } catch {
    return pino({ enabled: false });
  }
}

/** Writes one message. Drops it if the write fails, because the work that it reports must continue. */
function writeMessage(fd: number, line: string): void {
  try {
    writeAll(fd, new TextEncoder().encode(line));
  } catch {
    // The state file and the pause in logging report the failure as well.
  }
}
