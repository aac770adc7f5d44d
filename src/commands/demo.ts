import type { Command } from "./contract.ts";
import { runDemo } from "./first-run/run.ts";

/** Everything that `start` shows, on recorded answers and without touching the user's files. */
export const demo: Command = {
  name: "demo",
  purpose: "setup",
  description:
    "show the line, the log and the reports on a recorded answer; it runs in a temporary folder, which it removes",
  ignoresFiles: true,
  examples: [{ args: "demo", description: "see what Pawprint shows, before installing anything" }],
  related: ["start", "install"],
  async run(context) {
    await runDemo(context);
    return 0;
  },
};
