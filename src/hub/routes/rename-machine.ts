import { z } from "zod";
import { route } from "./contract.ts";
import { knownMachine, machineOf, machineSchema } from "./shared/machines.ts";
import { givenName } from "./shared/tokens.ts";

/** Gives a machine another name. */
export const renameMachine = route({
  name: "rename-machine",
  description: "gives a machine another name; its rows follow",
  method: "PATCH",
  path: "/api/v1/machines/:machine",
  scope: "admin",
  params: z.strictObject({ machine: z.string() }),
  body: z.strictObject({ name: givenName }),
  answer: machineSchema,
  run({ params, body, identity }, hub) {
    const { machine } = knownMachine(hub.members, params.machine);
    hub.members.rename(machine, body.name, identity);
    return { body: machineOf(knownMachine(hub.members, machine), hub.now()) };
  },
});
