import { styleOf } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

/** Prints how to use the program or one command. `pawprint <command> --help` runs it too. */
export const help: Command = {
  name: "help",
  purpose: "setup",
  args: "[command]",
  ignoresFiles: true,
  description: "print how to use Pawprint, or one command or report",
  examples: [
    { args: "help", description: "all commands and reports" },
    { args: "help daily", description: "one of them, with its options and examples" },
  ],
  async run({ args, terminal, settings, print, ...context }) {
    const { commandHelp, programHelp } = await import("../cli/help.ts");
    const { theme, glyphs } = settings;
    const style = styleOf({ theme, glyphs, colour: terminal.colour, links: false });
    const commands = await context.commands();
    const page = { commands, style, columns: terminal.columns };
    for (const line of args.length === 0 ? programHelp(page) : commandHelp(args.join(" "), page)) print(line);
    return 0;
  },
};
