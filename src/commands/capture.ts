import type { Outcome } from "../monitoring/Recorder.ts";
import { captureAside, captureInto } from "../cli/capture.ts";
import { checkLogSettings } from "../install/machine.ts";
import { PawprintError } from "../utils/errors.ts";
import { logDirectory } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, kindOf } from "./contract.ts";

/** One capture now. It goes to the log where logging is on, and nowhere else. */
export const capture: Command = {
  name: "capture",
  words: "[usage|status]",
  description: "ask Claude Code now and print the record; it is written to the log only where logging is on",
  options: [{ name: "json", description: "print the record as one line of JSON" }],
  async run(context) {
    const { words, options, settings, places, print, warn } = context;
    const kind = kindOf(words);
    if (kind !== "usage" && kind !== "status")
      throw new PawprintError("bad_usage", "capture takes usage or status", "pawprint capture status");
    checkLogSettings(context);
    const outcome = settings.loggingEnabled
      ? await captureInto(await logDirectory(settings, places), kind, context)
      : await captureAside(kind, context);
    if (outcome.result !== "recorded") throw refusal(outcome);
    const entry = outcome.records.find((one) => one.kind === kind);
    print(jsonText(entry?.record, options["json"] ? 0 : 2));
    if (outcome.asked?.failure) warn(`Claude Code gave no usable answer: ${outcome.asked.failure.reason}`);
    if (!settings.loggingEnabled) warn("logging is off: the record was printed and not kept");
    else if (entry?.written === "known")
      warn("this interval has its record already: this one was printed and not kept");
    return 0;
  },
};

function refusal(outcome: Outcome): PawprintError {
  if (outcome.result === "stopped") {
    const code = outcome.trouble.code === "ENOSPC" ? "disk_full" : "write_failed";
    return new PawprintError(code, outcome.trouble.message, "see: pawprint doctor");
  }
  return new PawprintError("busy", "a worker is making a record", "try again in a few seconds");
}
