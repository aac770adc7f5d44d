import { z } from "zod";
import { route } from "./contract.ts";
import { clientOf, clientSchema } from "./shared/clients.ts";
import { noParameters } from "./shared/parameters.ts";

/** All machines with their status. */
export const apiClients = route({
  name: "api-clients",
  description: "all machines, with whether each is online",
  method: "GET",
  path: "/api/clients",
  scope: "read",
  params: noParameters,
  answer: z.object({ clients: z.array(clientSchema) }),
  run: (_, hub) => ({ body: { clients: hub.members.all().map((one) => clientOf(one, hub.now())) } }),
});
