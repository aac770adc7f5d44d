import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logFiles } from "../monitoring/LogFiles.ts";
import { openRecorder } from "../monitoring/open-recorder.ts";
import type { RecorderOutcome } from "../monitoring/Recorder.ts";
import { openSink } from "../monitoring/sinks/registry.ts";
import type { OpenSink } from "../monitoring/sinks/contract.ts";
import type { Machine } from "../install/machine.ts";

/** Takes one capture into a log directory; waits up to 25 s for a worker that is already writing. */
export async function captureInto(
  directory: string,
  kind: "usage" | "status" | "both",
  { env, places, settings, clock }: Machine,
  sink: OpenSink = openSink(settings, places, directory),
): Promise<RecorderOutcome> {
  const files = logFiles(directory, places.scope);
  const recorder = await openRecorder({ files, places, settings, env, clock, log: sink });
  const due = { usage: kind !== "status", status: kind === "usage" ? "no" : "interval" } as const;
  try {
    for (let attempt = 0; ; attempt++) {
      const outcome = await recorder.run(null, due);
      if (outcome.result !== "busy" || attempt === 50) return outcome;
      await clock.sleep(500);
    }
  } finally {
    sink.close();
  }
}

/** Takes one capture in a temporary directory, without saving a record. */
export async function captureAside(kind: "usage" | "status", machine: Machine): Promise<RecorderOutcome> {
  const directory = mkdtempSync(join(tmpdir(), "pawprint-"));
  try {
    return await captureInto(directory, kind, machine, { append: () => "written", read: () => [], close() {} });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
