import { isSession, type Session } from "../model/session.ts";
import { claim, isResting, leaveWaiting, UNCLAIMED } from "../monitoring/launch.ts";
import { type LogFiles, logFiles } from "../monitoring/LogFiles.ts";
import { stateOf } from "../model/state.ts";
import { openRecorder } from "../monitoring/open.ts";
import { openSink } from "../sinks/all.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** What the line starts in the background: makes the records that are due, keeps the ledger up to date, and ends. */
export const worker: Command = {
  name: "worker",
  meaning: "make the records that are due (started by the line)",
  internal: true,
  async run({ env, places, settings, problems, clock, door }) {
    if (!settings.loggingEnabled || problems.some(({ group }) => group === "logging")) return 0;
    const files = logFiles(await logDirectory(settings, places), places.scope);
    const given: unknown = JSON.parse(env["PAWPRINT_SESSION"] ?? "null");
    const session = isSession(given) ? given : null;
    if (env[UNCLAIMED] !== undefined && !(await mayWork(files, session, settings.usageInterval, clock.now()))) return 0;
    const sink = openSink(settings, places, files.directory);
    const { openAccountant } = await import("../accounts/open.ts");
    using accounts = openAccountant({ env, places, settings, clock, door });
    const recorder = await openRecorder({ files, places, settings, env, clock, log: sink, accounts });
    // While the log's lock is not held: a database of another program may keep its reader waiting.
    await accounts.readDatabases();
    await recorder.run(session);
    // Only now, when the log's lock is free again.
    await accounts.readOn();
    return 0;
  },
};

/** What the line decides before it starts a worker, unless the directory is too slow for it. */
async function mayWork(files: LogFiles, session: Session | null, usageInterval: number, now: number): Promise<boolean> {
  const state = stateOf(readOwn(files.state));
  if (await isResting(files, state, now)) return false;
  if (await claim(files, now, usageInterval)) return true;
  // It may not refresh again; a session that has its record costs the worker at work nothing.
  if (session !== null) await leaveWaiting(files, session).catch(() => undefined);
  return false;
}
