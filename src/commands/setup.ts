import { sources } from "../sources/registry.ts";
import { PawprintError } from "../utils/errors.ts";
import { find, unknownName } from "../utils/registry.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { completion } from "./setup/completion.ts";
import { hookItem } from "./setup/hook.ts";

const items = [...sources.flatMap(hookItem), completion];
const names = items.map(({ name }) => name);

/** Installs or removes what is not part of the line: hooks of other assistants, and completion for shells. */
export const setup: Command = {
  name: "setup",
  purpose: "setup",
  description: `install or remove shell completion and hooks of assistants: ${items.map(({ name, description }) => `${name}: ${description}`).join("; ")}`,
  args: `<${names.join("|")}> [shell]`,
  argValues: [names, completion.values ?? []],
  options: [
    { name: "remove", description: "remove it; data already recorded stays" },
    { name: "print", description: "print the script or manual page instead of installing it (completion only)" },
    { name: "dry-run", description: "show what would change, without changing anything" },
    { name: "json", description: "print the result as JSON" },
  ],
  examples: [
    { args: "setup completion", description: "complete commands and options in your shell" },
    { args: "setup completion zsh --print", description: "the script for a shell of your choice" },
    { args: "setup cursor --dry-run", description: "show the hook that records Cursor's tokens" },
  ],
  related: ["sources", "install", "uninstall"],
  async run(context) {
    const { options, args, print } = context;
    const [name, value, ...more] = args;
    if (name === undefined)
      throw new PawprintError("bad_usage", "setup needs to know what to set up", `one of: ${names.join(", ")}`);
    const item = find(items, name, "item of setup");
    if (more.length > 0 || (value !== undefined && !item.values))
      throw unknownName("item of setup", args.join(" "), names);
    const isJson = options["json"] === true;
    const dryRun = options["dry-run"] === true;
    const { lines, json } = await item.setUp(context, {
      value,
      dryRun,
      remove: options["remove"] === true,
      print: options["print"] === true,
      announce: (line) => (isJson ? undefined : print(line)),
    });
    if (isJson) print(jsonText({ dry_run: dryRun, ...json }));
    else for (const line of lines) print(line);
    return 0;
  },
};
