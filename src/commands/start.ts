import { findProgram } from "../claude/program.ts";
import { captureInto } from "../cli/capture.ts";
import { checkSettings } from "../install/machine.ts";
import { readBranch } from "../line/branch.ts";
import { logDirectory } from "../utils/paths.ts";
import type { Command } from "./contract.ts";
import { run, runDemo } from "./first-run/run.ts";

/** A first run: takes one real capture and shows what comes of it; without Claude Code, the same on recorded answers. */
export const start: Command = {
  name: "start",
  purpose: "setup",
  description:
    "try Pawprint without installing it: take one real capture and show the line, the record and a report; without Claude Code, run the demo",
  examples: [{ args: "start", description: "take one capture and show what Pawprint makes of it" }],
  related: ["demo", "install", "doctor"],
  async run(context) {
    const { settings, places, env } = context;
    checkSettings(context, "logging");
    const program = findProgram(settings, env, places);
    if (program === null) {
      await runDemo(context, ["Claude Code was not found: no claude is on PATH, and PET_CLAUDE_COMMAND is not set."]);
      return 0;
    }
    const directory = await logDirectory(settings, places);
    const machine = {
      context,
      directory,
      place: directory,
      limitsOf: "this machine's",
      branch: await readBranch(places.root),
      capture: () => captureInto(directory, "both", context),
    };
    await run(machine, [
      `Asking ${program} once for usage and status, without calling a model or running your hooks ...`,
    ]);
    return 0;
  },
};
