import { isSession, type Session } from "../model/session.ts";
import { claim, isSuspended, leaveSessionWaiting, UNCLAIMED } from "../monitoring/launch.ts";
import { type LogFiles, logFiles } from "../monitoring/LogFiles.ts";
import { stateOf } from "../model/state.ts";
import { openRecorder } from "../monitoring/open-recorder.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import { readOwn } from "../utils/files.ts";
import { isProgramGone, logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** Started by the line in the background: writes the records that are due, updates the ledger, and exits. */
export const worker: Command = {
  name: "worker",
  description: "write the records that are due (started by the line)",
  internal: true,
  async run({ env, places, settings, problems, clock, entryFile }) {
    if (isProgramGone() || !settings.loggingEnabled || problems.some(({ group }) => group === "logging")) return 0;
    const files = logFiles(await logDirectory(settings, places), places.scope);
    const given: unknown = JSON.parse(env["PAWPRINT_SESSION"] ?? "null");
    const session = isSession(given) ? given : null;
    if (env[UNCLAIMED] !== undefined && !(await mayWork(files, session, settings.usageInterval, clock.now()))) return 0;
    const sink = openSink(settings, places, files.directory);
    const { openAccounting } = await import("../monitoring/accounting/open-accounting.ts");
    using accounting = openAccounting({ env, places, settings, clock, entryFile });
    const recorder = await openRecorder({ files, places, settings, env, clock, log: sink, accounting });
    // Outside the log's lock: another program's database may block its reader.
    await accounting.readDatabases();
    await recorder.run(session);
    // After the log's lock has been released.
    await accounting.readRemaining();
    return 0;
  },
};

/** Makes the decision that the line makes before it starts a worker, unless the directory is too slow for the line. */
async function mayWork(files: LogFiles, session: Session | null, usageInterval: number, now: number): Promise<boolean> {
  const state = stateOf(readOwn(files.state));
  if (await isSuspended(files, state, now)) return false;
  if (await claim(files, now, usageInterval)) return true;
  // It may not refresh again; a session that has its record costs the running worker nothing.
  if (session !== null) await leaveSessionWaiting(files, session).catch(() => undefined);
  return false;
}
