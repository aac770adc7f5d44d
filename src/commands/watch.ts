import { openAccountant } from "../monitoring/accounting/open.ts";
import { claim, pauseOf, prepareDirectory } from "../monitoring/Claims.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import { openRecorder } from "../monitoring/open.ts";
import { UsageLogger } from "../monitoring/UsageLogger.ts";
import { stateOf } from "../model/state.ts";
import { checkLogSettings } from "../install/machine.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import { PawprintError } from "../utils/errors.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** The logger as a loop in one process, for machines where no session is open. */
export const watch: Command = {
  name: "watch",
  description: "keep the log in this process until it is interrupted, also while no session is open",
  async run({ env, places, settings, problems, clock, print, entryFile }) {
    checkLogSettings({ problems });
    if (!settings.loggingEnabled) {
      throw new PawprintError("bad_setting", "logging is off", "set PET_USAGE_LOGGING_ENABLED=true");
    }
    const files = logFiles(await logDirectory(settings, places), places.scope);
    await prepareDirectory(files);
    const release = await lease(files.run);
    const sink = openSink(settings, places, files.directory);
    using accounts = openAccountant({ env, places, settings, clock, entryFile });
    const recorder = await openRecorder({ files, places, settings, env, clock, log: sink, accounts });
    const logger = new UsageLogger({
      settings,
      clock,
      readState: () => Promise.resolve(stateOf(readOwn(files.state))),
      paused: async (now) => (await pauseOf(files, now)) !== null,
      claim: (now) => claim(files, now, settings.usageInterval),
      launch: async () => {
        await accounts.readDatabases();
        const outcome = await recorder.run(null);
        if (outcome.result === "stopped") print(`logging stopped: ${outcome.trouble.message}`);
        if (outcome.result === "recorded") for (const { record } of outcome.records) print(`recorded ${record.id}`);
        await accounts.readOn();
      },
    });
    print(`watching, records go to ${files.directory}`);
    logger.start();
    await interrupted();
    await logger.stop();
    sink.close();
    await release();
    return 0;
  },
};

/**
 * One watch per log directory. A second holder after a crash does no harm, since records stand on the kernel's lock;
 * so a lock that may be taken over when it looks stale is enough. Throws busy.
 */
async function lease(directory: string): Promise<() => Promise<void>> {
  // Loaded here and nowhere else: its signal handlers would turn a file size limit into the death of a worker.
  const { lock } = await import("proper-lockfile");
  try {
    const release = await lock(directory, {
      lockfilePath: `${directory}/watch.lease`,
      stale: 15_000,
      onCompromised() {},
    });
    return () => release().catch(() => undefined);
  } catch (error) {
    throw new PawprintError(
      "busy",
      "another pawprint watch keeps this log",
      "stop it, or wait 15 s if it crashed",
      error,
    );
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}
