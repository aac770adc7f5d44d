import type { Command } from "./contract.ts";

/** The line itself, for settings.json; cli.ts takes this way before any command is loaded. */
export const statusline: Command = {
  name: "statusline",
  description: "print the line for the session on stdin (what Claude Code runs)",
  async run() {
    await import("../statusline.ts");
    return 0;
  },
};
