import type { Command } from "./contract.ts";
import { runDemo } from "./first-run/run.ts";

/** Everything that `start` shows, on recorded answers and without touching the user's files. */
export const demo: Command = {
  name: "demo",
  purpose: "setup",
  description: "show the line, the log and the reports on a recorded answer, in a temporary folder that is removed",
  ignoresFiles: true,
  examples: [{ args: "demo", description: "see what Pawprint shows, before installing anything" }],
  related: ["start", "install"],
  async run(context) {
    await runDemo(context);
    return 0;
  },
};
