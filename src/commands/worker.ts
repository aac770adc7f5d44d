import { isSession } from "../model/session.ts";
import { claim, isResting, UNCLAIMED } from "../monitoring/launch.ts";
import { type LogFiles, logFiles } from "../monitoring/LogFiles.ts";
import { stateOf } from "../model/state.ts";
import { openRecorder } from "../monitoring/open.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** What the line starts in the background: makes the records that are due, keeps the ledger up to date, and ends. */
export const worker: Command = {
  name: "worker",
  description: "make the records that are due (started by the line)",
  internal: true,
  async run({ env, places, settings, problems, clock, entryFile }) {
    if (!settings.loggingEnabled || problems.some(({ group }) => group === "logging")) return 0;
    const files = logFiles(await logDirectory(settings, places), places.scope);
    if (env[UNCLAIMED] !== undefined && !(await mayWork(files, settings.usageInterval, clock.now()))) return 0;
    const sink = openSink(settings, places, files.directory);
    const given: unknown = JSON.parse(env["PAWPRINT_SESSION"] ?? "null");
    const { openAccountant } = await import("../monitoring/accounting/open.ts");
    using accounts = openAccountant({ env, places, settings, clock, entryFile });
    const recorder = await openRecorder({ files, places, settings, env, clock, log: sink, accounts });
    // While the log's lock is not held: a database of another program may keep its reader waiting.
    await accounts.readDatabases();
    await recorder.run(isSession(given) ? given : null);
    // Only now, when the log's lock is free again.
    await accounts.readOn();
    return 0;
  },
};

/** What the line decides before it starts a worker, unless the directory is too slow for it. */
async function mayWork(files: LogFiles, usageInterval: number, now: number): Promise<boolean> {
  const state = stateOf(readOwn(files.state));
  return !(await isResting(files, state, now)) && claim(files, now, usageInterval);
}
