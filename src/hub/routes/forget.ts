import { z } from "zod";
import { forgetRows } from "../forget.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { knownMachine } from "./shared/machines.ts";

/** Removes rows of any machine. */
export const forget = route({
  name: "forget",
  description: "removes the rows of a session, a project, a machine or a person, and keeps them out from then on",
  method: "POST",
  path: "/api/v1/forget",
  scope: "admin",
  params: noParameters,
  body: z.strictObject({
    kind: z.enum(["session", "project", "machine", "person"]),
    value: z.string().min(1).max(4_096),
    machine: z.string().min(1).max(200).optional().describe("only rows of this machine, by name or id"),
  }),
  answer: z.object({ rows: z.number() }),
  async run({ body, identity }, hub) {
    const { kind, value } = body;
    const machine = body.machine === undefined ? null : knownMachine(hub.members, body.machine).machine;
    return { body: { rows: forgetRows(hub, { kind, value, machine }, identity) } };
  },
});
