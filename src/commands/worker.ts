import { isSession } from "../model/session.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import { openRecorder } from "../monitoring/open.ts";
import { openSink } from "../sinks/all.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** What the line starts in the background: makes the records that are due, and ends. */
export const worker: Command = {
  name: "worker",
  meaning: "make the records that are due (started by the line)",
  internal: true,
  async run({ env, places, settings, problems, clock }) {
    if (!settings.loggingEnabled || problems.some(({ group }) => group === "logging")) return 0;
    const files = logFiles(await logDirectory(settings, places), places.scope);
    const sink = openSink(settings, places, files.directory);
    const given: unknown = JSON.parse(env["PAWPRINT_SESSION"] ?? "null");
    await openRecorder({ files, places, settings, env, clock, log: sink }).run(isSession(given) ? given : null);
    return 0;
  },
};
