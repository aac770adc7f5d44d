import { inviteMachine } from "../hub/invite-machine.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { checkName, isServed, nameArgument, openHub, OPERATOR } from "./hub/open-hub.ts";

/** Makes an invitation for one machine. */
export const invite: Command = {
  name: "invite",
  purpose: "hub",
  args: "<name>",
  description:
    "print the command that adds a machine to this hub; it works once, within ten minutes; with the name of a known machine, that one is replaced",
  options: [
    { name: "person", value: "name", description: "whose machine it is" },
    { name: "read", description: "also let it read the reports of all machines (--hub)" },
    { name: "local", description: "also if only this machine reaches the hub" },
    { name: "json", description: "print JSON: url, code, command and expiresAt" },
  ],
  examples: [
    { args: "invite laptop", description: "add a machine: run there what this prints" },
    { args: "invite mei-laptop --person Mei", description: "add a machine of a person" },
  ],
  related: ["serve", "login", "machines", "revoke"],
  async run(context) {
    const { args, options, print } = context;
    const name = nameArgument(args, "invite NAME [--person NAME]");
    using hub = openHub(context);
    const person = typeof options["person"] === "string" ? checkName(options["person"]) : "";
    const known = hub.members.find(name);
    const mayRead = options["read"] === true;
    const isLocal = options["local"] === true;
    const { expiresAt, ...invitation } = inviteMachine(hub, { name, person, mayRead, isLocal }, OPERATOR);
    if (options["json"] === true) {
      print(jsonText({ ...invitation, expiresAt: new Date(expiresAt).toISOString() }));
      return 0;
    }
    print(invitation.command);
    const replaced = known ? `; it goes on as the machine ${clean(known.name)}, whose login then ends` : "";
    const allowed = mayRead
      ? "send and forget its own rows, and read the reports of all machines"
      : "send and forget its own rows, and reads nothing (--read changes that)";
    context.warn(`run this on ${clean(name)} within ten minutes; it works once${replaced}`);
    context.warn(`the machine may ${allowed}`);
    if (!isServed(context)) context.warn("the hub is not running: start it with pawprint serve");
    return 0;
  },
};
