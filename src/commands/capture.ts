import type { RecorderOutcome } from "../monitoring/Recorder.ts";
import { captureAside, captureInto } from "../cli/capture.ts";
import { checkSettings } from "../install/machine.ts";
import { PawprintError } from "../utils/errors.ts";
import { logDirectory } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, recordKindOf } from "./contract.ts";

/** Takes one capture now and prints its record; also appends it to the log if logging is on. */
export const capture: Command = {
  name: "capture",
  purpose: "log",
  args: "[usage|status]",
  argValues: [["usage", "status"]],
  description: "ask Claude Code for usage or status and print the record; also append it to the log if logging is on",
  options: [{ name: "json", description: "print the record as one line of JSON" }],
  examples: [
    { args: "capture", description: "the limits and usage that Claude Code knows now" },
    { args: "capture status --json", description: "the account, version and problems, as one line of JSON" },
  ],
  related: ["watch", "logs"],
  async run(context) {
    const { args, options, settings, places, print, warn } = context;
    const kind = recordKindOf(args);
    if (kind !== "usage" && kind !== "status")
      throw new PawprintError("bad_usage", "capture takes usage or status", "for example: pawprint capture status");
    checkSettings(context, "logging");
    const outcome = settings.loggingEnabled
      ? await captureInto(await logDirectory(settings, places), kind, context)
      : await captureAside(kind, context);
    if (outcome.result !== "recorded") throw errorFor(outcome);
    const entry = outcome.records.find((one) => one.kind === kind);
    print(jsonText(entry?.record, options["json"] ? 0 : 2));
    if (outcome.answers?.failure) warn(`Claude Code gave no usable answer: ${outcome.answers.failure.reason}`);
    if (!settings.loggingEnabled) warn("logging is off: the record was printed but not saved");
    else if (entry?.written === "known") warn("this interval already has a record: this one was printed but not saved");
    return 0;
  },
};

function errorFor(outcome: RecorderOutcome): PawprintError {
  if (outcome.result === "stopped") {
    const code = outcome.failure.code === "ENOSPC" ? "disk_full" : "write_failed";
    return new PawprintError(code, outcome.failure.message, "see: pawprint doctor");
  }
  return new PawprintError("busy", "a worker is writing a record", "try again in a few seconds");
}
