import { openAccounting } from "../monitoring/accounting/open-accounting.ts";
import { claim, pauseOf, prepareDirectory } from "../monitoring/Claims.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import { openRecorder } from "../monitoring/open-recorder.ts";
import { UsageLogger } from "../monitoring/UsageLogger.ts";
import { stateOf } from "../model/state.ts";
import { checkSettings } from "../install/machine.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import { PawprintError } from "../utils/errors.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";

/** Runs the logger as a loop in one process, for machines where no session is open. */
export const watch: Command = {
  name: "watch",
  purpose: "log",
  description: "write log records until interrupted; no session has to be open",
  examples: [{ args: "watch", description: "keep the log while no session is open; Ctrl-C ends it" }],
  related: ["logs", "capture"],
  async run({ env, places, settings, problems, clock, print, entryFile }) {
    checkSettings({ problems }, "logging");
    if (!settings.loggingEnabled) {
      throw new PawprintError("bad_setting", "logging is off", "set PET_USAGE_LOGGING_ENABLED=true");
    }
    const files = logFiles(await logDirectory(settings, places), places.scope);
    await prepareDirectory(files);
    const release = await takeLease(files.run);
    const sink = openSink(settings, places, files.directory);
    using accounting = openAccounting({ env, places, settings, clock, entryFile });
    const recorder = await openRecorder({ files, places, settings, env, clock, log: sink, accounting });
    const logger = new UsageLogger({
      settings,
      clock,
      readState: () => Promise.resolve(stateOf(readOwn(files.state))),
      paused: async (now) => (await pauseOf(files, now)) !== null,
      claim: (now) => claim(files, now, settings.usageInterval),
      launch: async () => {
        await accounting.readDatabases();
        const outcome = await recorder.run(null);
        if (outcome.result === "stopped") print(`logging stopped: ${outcome.failure.message}`);
        if (outcome.result === "recorded") for (const { record } of outcome.records) print(`recorded ${record.id}`);
        await accounting.readRemaining();
      },
    });
    print(`writing records to ${files.directory} until interrupted`);
    logger.start();
    await untilInterrupted();
    await logger.stop();
    sink.close();
    await release();
    return 0;
  },
};

/**
 * Takes the lease that allows one watch per log directory; returns its release. A lease that can be taken over when stale
 * is enough: a second holder does no harm, because records are written under the kernel's lock. Throws busy.
 */
async function takeLease(directory: string): Promise<() => Promise<void>> {
  // Imported only here: with its signal handlers, reaching a file size limit would kill a worker.
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
      "another pawprint watch is running for this log",
      "stop it, or wait 15 s if it crashed",
      error,
    );
  }
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}
