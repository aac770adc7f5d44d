import { clean } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { nameArgument, openHub, OPERATOR } from "./hub/open-hub.ts";

/** Ends the login of a machine. */
export const revoke: Command = {
  name: "revoke",
  purpose: "hub",
  args: "<machine>",
  description: "end the login of a machine at this hub; also of its open connections; what it sent stays",
  examples: [{ args: "revoke laptop", description: "a lost machine cannot send any more" }],
  related: ["machines", "token", "invite"],
  async run(context) {
    const name = nameArgument(context.args, "revoke MACHINE");
    using hub = openHub(context);
    hub.members.revoke(name, OPERATOR);
    context.print(`${clean(name)} cannot send any more; what it sent stays`);
    context.print(`  to add it again, run: pawprint invite ${clean(name)}`);
    return 0;
  },
};
