import { closeSync, fstatSync } from "node:fs";
import { dirname } from "node:path";
import { readDocument } from "../line/stdin.ts";
import { sources } from "../sources/registry.ts";
import { systemClock } from "../utils/clock.ts";
import { environment } from "../utils/config.ts";
import { openOwn, readAt, writeAll } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import { hookFile, isProgramGone, loadMachine } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** Limits on the event read from stdin: milliseconds and bytes. */
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 4 * 1_048_576;
const NEWLINE = 10;

/** Run by an assistant at the end of each turn (see `setup`). cli.ts calls runHook directly, before any command is loaded. */
export const hook: Command = {
  name: "hook",
  description: "save the usage that an assistant reports at the end of a turn (run by the assistant)",
  args: "<assistant>",
  internal: true,
  async run({ args }) {
    await runHook(args[0]);
    return 0;
  },
};

/**
 * Appends one line with the counts and ids of the event on stdin, prints "{}" (nothing to do) and exits with 0, whatever
 * happens: a failure here must not disturb the assistant.
 */
export async function runHook(assistant: string | undefined): Promise<void> {
  try {
    const found = sources.find(({ name }) => name === assistant);
    const input = await readDocument(Bun.stdin.stream(), TIMEOUT_MS, MAX_BYTES);
    const line = found?.hook && "document" in input ? found.hook.line(input.document, systemClock.now()) : null;
    if (found && line !== null && !isProgramGone()) {
      const { places } = await loadMachine(environment());
      await appendLine(hookFile(places, found.name), line);
    }
  } catch {
    // Errors are not reported: the assistant would show them to the user after the turn.
  }
  console.log("{}");
  process.exit(0);
}

/** Appends in one write, so that lines of two turns ending at once do not mix. Starts a new line after an incomplete one. */
async function appendLine(path: string, line: string): Promise<void> {
  await ensureOwnDirectory(dirname(path));
  const fd = openOwn(path, "append");
  try {
    const { size } = fstatSync(fd);
    const isTorn = size > 0 && readAt(fd, size - 1, 1)[0] !== NEWLINE;
    writeAll(fd, new TextEncoder().encode(`${isTorn ? "\n" : ""}${line}\n`));
  } finally {
    closeSync(fd);
  }
}
