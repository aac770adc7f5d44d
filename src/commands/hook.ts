import { closeSync, fstatSync } from "node:fs";
import { dirname } from "node:path";
import { readDocument } from "../line/stdin.ts";
import { sources } from "../sources/registry.ts";
import { systemClock } from "../utils/clock.ts";
import { environment } from "../utils/config.ts";
import { openOwn, readAt, writeAll } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import { hookLines, loadMachine } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** How long an assistant may take to say what it has to say, ms, and how many bytes. */
const PATIENCE = 2_000;
const MOST = 4 * 1_048_576;
const NEWLINE = 10;

/** What an assistant runs when a turn ends: see `setup`. cli.ts takes this way before any command is loaded. */
export const hook: Command = {
  name: "hook",
  description: "keep what an assistant says at the end of a turn (run by the assistant)",
  words: "<assistant>",
  internal: true,
  async run({ words }) {
    await runHook(words[0]);
    return 0;
  },
};

/**
 * Keeps one line of what stands on stdin, counts and ids only, and answers that there is nothing to do, whatever happens:
 * an assistant must not stumble over us. As a whole process.
 */
export async function runHook(assistant: string | undefined): Promise<void> {
  try {
    const found = sources.find(({ name }) => name === assistant);
    const said = await readDocument(Bun.stdin.stream(), PATIENCE, MOST);
    const line = found?.hook && "document" in said ? found.hook.line(said.document, systemClock.now()) : null;
    if (found && line !== null) {
      const { places } = await loadMachine(environment());
      await keep(hookLines(places, found.name), line);
    }
  } catch {
    // It is told nowhere: the assistant would show it to a user whose turn is over.
  }
  console.log("{}");
  process.exit(0);
}

/** One write, so that two turns that end at once do not mix; behind a line that was torn, a new one begins. */
async function keep(path: string, line: string): Promise<void> {
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
