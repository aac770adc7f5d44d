import { z } from "zod";
import { route } from "./contract.ts";
import { machineOf, machineSchema } from "./shared/machines.ts";
import { noParameters } from "./shared/parameters.ts";

/** The machines of the hub. */
export const listMachines = route({
  name: "list-machines",
  description: "the machines of the hub, with when each was last seen and what it still has to send",
  method: "GET",
  path: "/api/v1/machines",
  scope: "read",
  params: noParameters,
  answer: z.object({ machines: z.array(machineSchema) }),
  run: (_, hub) => ({ body: { machines: hub.members.all().map((one) => machineOf(one, hub.now())) } }),
});
