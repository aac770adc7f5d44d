import { isSession } from "../model/session.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import { openRecorder } from "../monitoring/open.ts";
import { openSink } from "../sinks/all.ts";
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
    const sink = openSink(settings, places, files.directory);
    const given: unknown = JSON.parse(env["PAWPRINT_SESSION"] ?? "null");
    const { openAccountant } = await import("../accounts/open.ts");
    using accounts = openAccountant({ env, places, settings, clock, door });
    const recorder = openRecorder({ files, places, settings, env, clock, log: sink, accounts });
    // While the log's lock is not held: a database of another program may keep its reader waiting.
    await accounts.readDatabases();
    await recorder.run(isSession(given) ? given : null);
    // Only now, when the log's lock is free again.
    await accounts.readOn();
    return 0;
  },
};
