import { readSync } from "node:fs";
import { messageOf } from "../utils/errors.ts";
import { printLine } from "../utils/terminal.ts";
import { LineReader } from "./chunks.ts";
import { type Part, readTask } from "./reading.ts";
import { type Orders, taskOf } from "./shared.ts";

/** What a reading process says, as JSON, a line each: some of what a task gave, by the task's place, or a fault of ours. */
export type Line = readonly [task: number, part: Part] | { readonly fault: string };

/** A query cannot be interrupted, so that a thread ends this process when its parent has ended, whose end of stdin then closes. */
const WATCHDOG = `
  const { readSync } = require("node:fs");
  try { while (readSync(0, new Uint8Array(64)) > 0); } catch {}
  process.kill(process.pid, "SIGKILL");`;

/** Makes this process read what its parent says on the first line of stdin, and end with its parent. */
export async function serveParent(): Promise<void> {
  const { source, pass, tasks } = JSON.parse(firstLine()) as Orders;
  const watchdog = new Worker(URL.createObjectURL(new Blob([WATCHDOG])));
  watchdog.unref();
  const lines = new LineReader();
  try {
    for (const [at, order] of tasks.entries()) {
      for await (const part of readTask(pass, taskOf(source, order), lines)) say([at, part]);
    }
    process.exit(0);
  } catch (error) {
    say({ fault: messageOf(error) });
    process.exit(1);
  }
}

const say = (line: Line): void => printLine(JSON.stringify(line));

function firstLine(): string {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(65_536);
    const got = readSync(0, part);
    parts.push(part.subarray(0, got));
    if (got === 0 || part.subarray(0, got).includes(10)) return Buffer.concat(parts).toString();
  }
}
