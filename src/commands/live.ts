import { openLedgerFor } from "../cli/report-command.ts";
import { selectedSource, sourceOption } from "../cli/report-options.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Command } from "./contract.ts";
import { TerminalInput, processInput } from "./live/TerminalInput.ts";
import { LiveView } from "./live/LiveView.ts";
import { pages } from "./live/pages.ts";
import { Screen } from "./live/Screen.ts";

/** How long to wait for another writer to the ledger, milliseconds: keys have no effect in this time, and the next refresh tries again. */
const BUSY_MS = 200;

/** Shows what is going on and the reports as pages of a full-screen view. */
export const live: Command = {
  name: "live",
  purpose: "display",
  description: "show burn rate, limits, sessions and reports full screen; files are read every second; q quits",
  options: [sourceOption],
  examples: [
    { args: "live", description: `a full-screen view of ${pages.length} pages; ? lists the keys` },
    { args: "live --source codex", description: "the same for one assistant" },
  ],
  related: ["overview", "limits"],
  async run(context) {
    selectedSource(context.options);
    const { stdin, stdout } = process;
    if (!stdin.isTTY || !stdout.isTTY) {
      throw new PawprintError("bad_usage", "live needs a terminal", "for scripts: pawprint overview --json");
    }
    using opened = openLedgerFor(context, undefined, undefined, { busyMs: BUSY_MS });
    using screen = new Screen(stdout);
    using input = new TerminalInput(processInput);
    // The terminal is restored on every exit, including uncaught errors.
    const restore = (): void => screen[Symbol.dispose]();
    process.on("exit", restore);
    try {
      await new LiveView(context, opened, stdout, screen, input).show();
      return 0;
    } finally {
      process.off("exit", restore);
    }
  },
};
