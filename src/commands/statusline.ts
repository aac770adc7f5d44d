import type { Command } from "./contract.ts";

/** Prints the line. cli.ts runs statusline.ts directly, before any command is loaded. */
export const statusline: Command = {
  name: "statusline",
  purpose: "display",
  description: "print the line for the session JSON on stdin (run by Claude Code)",
  examples: [{ args: "statusline", description: "print the line; give it the session's JSON on stdin" }],
  related: ["preview", "install"],
  async run() {
    await import("../statusline.ts");
    return 0;
  },
};
