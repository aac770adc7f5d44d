import { readSync } from "node:fs";
import { messageOf } from "../utils/errors.ts";
import { printLine } from "../utils/terminal.ts";
import { LineReader } from "./chunks.ts";
import { type FilePart, readTask } from "./reading.ts";
import { type ReadRequest, taskOf } from "./thread-messages.ts";

/** A message of a reading process, one line of JSON: a part of the task at an index, or an internal error. */
export type ReaderMessage = readonly [task: number, part: FilePart] | { readonly fault: string };

/**
 * A query cannot be interrupted, so a thread kills this process when its stdin closes, which happens when its parent
 * ends.
 */
const WATCHDOG = `
  const { readSync } = require("node:fs");
  try { while (readSync(0, new Uint8Array(64)) > 0); } catch {}
  process.kill(process.pid, "SIGKILL");`;

/** Reads the tasks that the parent sends on the first line of stdin; ends when the parent ends. */
export async function serveParent(): Promise<void> {
  // A parent of another version may send other fields.
  const { assistant, phase, tasks } = JSON.parse(firstLine()) as Omit<ReadRequest, "assistant"> & {
    readonly assistant?: unknown;
  };
  const watchdog = new Worker(URL.createObjectURL(new Blob([WATCHDOG])));
  watchdog.unref();
  const lines = new LineReader();
  try {
    for (const [at, task] of tasks.entries()) {
      for await (const part of readTask(phase, taskOf(String(assistant), task), lines)) send([at, part]);
    }
    process.exit(0);
  } catch (error) {
    send({ fault: messageOf(error) });
    process.exit(1);
  }
}

const send = (line: ReaderMessage): void => printLine(JSON.stringify(line));

function firstLine(): string {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(65_536);
    const bytesRead = readSync(0, part);
    parts.push(part.subarray(0, bytesRead));
    if (bytesRead === 0 || part.subarray(0, bytesRead).includes(10)) return Buffer.concat(parts).toString();
  }
}
