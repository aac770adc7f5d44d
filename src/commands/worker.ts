import { isSession } from "../model/session.ts";
import { claim, isSuspended, UNCLAIMED } from "../monitoring/launch.ts";
import { type LogFiles, logFiles } from "../monitoring/LogFiles.ts";
import { stateOf } from "../model/state.ts";
import { openRecorder } from "../monitoring/open.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** Started by the line in the background: writes the records that are due, updates the ledger, and exits. */
export const worker: Command = {
  name: "worker",
  description: "write the records that are due (started by the line)",
  internal: true,
  async run({ env, places, settings, problems, clock, entryFile }) {
    if (!settings.loggingEnabled || problems.some(({ group }) => group === "logging")) return 0;
    const files = logFiles(await logDirectory(settings, places), places.scope);
    if (env[UNCLAIMED] !== undefined && !(await mayWork(files, settings.usageInterval, clock.now()))) return 0;
    const sink = openSink(settings, places, files.directory);
    const given: unknown = JSON.parse(env["PAWPRINT_SESSION"] ?? "null");
    const { openAccounting } = await import("../monitoring/accounting/open.ts");
    using accounting = openAccounting({ env, places, settings, clock, entryFile });
    const recorder = await openRecorder({ files, places, settings, env, clock, log: sink, accounting });
    // Outside the log's lock: another program's database may block its reader.
    await accounting.readDatabases();
    await recorder.run(isSession(given) ? given : null);
    // After the log's lock has been released.
    await accounting.readRemaining();
    return 0;
  },
};

/** Makes the decision that the line makes before it starts a worker, unless the directory is too slow for the line. */
async function mayWork(files: LogFiles, usageInterval: number, now: number): Promise<boolean> {
  const state = stateOf(readOwn(files.state));
  return !(await isSuspended(files, state, now)) && claim(files, now, usageInterval);
}
