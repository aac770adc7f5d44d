import { z } from "zod";
import { route } from "./contract.ts";
import { knownMachine } from "./shared/machines.ts";

/** Ends the access of a machine. */
export const revokeMachine = route({
  name: "revoke-machine",
  description: "ends all tokens of a machine and closes its connections; its rows stay",
  method: "DELETE",
  path: "/api/v1/machines/:machine",
  scope: "admin",
  params: z.strictObject({ machine: z.string() }),
  answer: z.object({ machine: z.string(), revoked: z.literal(true) }),
  run({ params, identity }, { members }) {
    const { machine } = knownMachine(members, params.machine);
    members.revoke(machine, identity);
    return { body: { machine, revoked: true } };
  },
});
