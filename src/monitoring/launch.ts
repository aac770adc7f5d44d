import { closeSync, ftruncateSync } from "node:fs";
import type { Session } from "../model/session.ts";
import type { LoggerState } from "../model/state.ts";
import type { Environment } from "../utils/config.ts";
import { openOwn } from "../utils/files.ts";
import { selfCommand } from "../utils/paths.ts";
import { isUnanswered, pauseOf, prepareDirectory } from "./Claims.ts";
import type { LogFiles } from "./LogFiles.ts";

export { claim } from "./Claims.ts";

/** Whether logging rests: after a failure for good, or because its workers die before they get to work. */
export function isResting(files: LogFiles, state: LoggerState | null, now: number): boolean {
  prepareDirectory(files);
  return pauseOf(files, now) !== null || isUnanswered(files, state?.usage?.at ?? 0, now);
}

/** Starts a worker for a session that outlives this process. The session goes by environment, which only its owner can read. */
export function launch(files: LogFiles, session: Session | null, env: Environment): void {
  const errors = openOwn(files.errors, "write");
  try {
    ftruncateSync(errors, 0);
    Bun.spawn(selfCommand("worker"), {
      detached: true,
      cwd: files.directory,
      env: { ...env, PAWPRINT_SESSION: sessionText(session) },
      stdio: ["ignore", "ignore", errors],
    }).unref();
  } finally {
    closeSync(errors);
  }
}

/** A session as an environment variable, which may hold 128 KB: without what is kept as given where that is too long. */
function sessionText(session: Session | null): string {
  const bare = session && { ...session, given: { rate_limits: null, context_window: null, cost: null } };
  return [session, bare].map((one) => JSON.stringify(one)).find((text) => text.length < 40_000) ?? "null";
}
