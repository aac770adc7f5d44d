import { z } from "zod";
import { shortText } from "../uploads/messages.ts";
import { Uploads } from "../uploads/Uploads.ts";
import { route } from "./contract.ts";
import { clientOf, clientSchema } from "./shared/clients.ts";
import { knownMachine } from "./shared/machines.ts";
import { noParameters } from "./shared/parameters.ts";

const optionalText = z.string().max(200).nullish();

/** Makes a collector known. */
export const apiClientsRegister = route({
  name: "api-clients-register",
  description: "makes a collector known before it sends anything",
  method: "POST",
  path: "/api/clients/register",
  scope: "write",
  params: noParameters,
  body: z.object({ clientId: shortText, hostname: optionalText, version: optionalText, platform: optionalText }),
  answer: z.object({ registered: z.literal(true), client: clientSchema }),
  run({ body: { clientId, version, platform }, identity }, hub) {
    const about = { program: version ?? "", platform: platform ?? "" };
    const { machine } = new Uploads(hub).member(clientId, identity, about);
    // With what was said just now.
    const client = clientOf(knownMachine(hub.members, machine), hub.now());
    return { status: 201, body: { registered: true, client } };
  },
});
