import { PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { checkName, openHub, OPERATOR } from "./hub/open-hub.ts";

/** Gives a machine of the hub another name. */
export const rename: Command = {
  name: "rename",
  purpose: "hub",
  args: "<machine> <name>",
  description: "give a machine of this hub another name; its history stays",
  examples: [{ args: "rename laptop old-laptop", description: "keep the history of a machine that was replaced" }],
  related: ["machines", "revoke"],
  async run(context) {
    const [from, to, ...more] = context.args;
    if (from === undefined || to === undefined || to.trim() === "" || more.length > 0)
      throw new PawprintError("bad_usage", "give the machine and its new name", "usage: pawprint rename MACHINE NAME");
    using hub = openHub(context);
    hub.members.rename(from, checkName(to), OPERATOR);
    context.print(`${clean(from)} is now ${clean(to)}`);
    return 0;
  },
};
