import { z } from "zod";
import { inviteMachine } from "../invite-machine.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";
import { givenName, personName } from "./shared/tokens.ts";

/** Invites a machine. */
export const createInvitation = route({
  name: "create-invitation",
  description: "makes a code with which one machine can join, once, within ten minutes",
  method: "POST",
  path: "/api/v1/invitations",
  scope: "admin",
  params: noParameters,
  body: z.strictObject({
    name: givenName,
    person: personName,
    read: z.boolean().default(false).describe("also lets the machine read the reports of all machines"),
    local: z.boolean().default(false).describe("also if only the hub's own machine reaches it"),
  }),
  answer: z.object({ url: z.string(), code: z.string(), command: z.string(), expiresAt: z.string() }),
  run({ body: { local: isLocal, read: mayRead, ...whom }, identity }, hub) {
    const { expiresAt, ...invitation } = inviteMachine(hub, { ...whom, mayRead, isLocal }, identity);
    return { status: 201, body: { ...invitation, expiresAt: isoTime(expiresAt) } };
  },
});
