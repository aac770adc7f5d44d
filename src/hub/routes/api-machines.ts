import { z } from "zod";
import { route } from "./contract.ts";
import { clientOf, clientSchema, usageByMachine } from "./shared/clients.ts";
import { range } from "./shared/parameters.ts";
import { usageOf, selectedUsage, usageSchema } from "./shared/usage.ts";

/** All machines with their usage. */
export const apiMachines = route({
  name: "api-machines",
  description: "all machines, each with a summary of its usage",
  method: "GET",
  path: "/api/machines",
  scope: "read",
  params: z.strictObject(range),
  answer: z.array(
    usageSchema
      .extend({ machineId: z.string(), person: z.string(), provenance: z.string() })
      .extend(clientSchema.pick({ hostname: true, isOnline: true, lastHeartbeat: true }).shape),
  ),
  async read(selected, context) {
    const found = await selectedUsage(selected, context);
    const totals = await usageByMachine(found);
    const body = [...totals].flatMap(([id, sum]) => {
      const member = found.members.get(id);
      if (!member) return [];
      const { clientId, hostname, isOnline, lastHeartbeat } = clientOf(member, context.place.now);
      const { person, provenance } = member;
      return [{ machineId: clientId, hostname, person, provenance, isOnline, lastHeartbeat, ...usageOf(sum) }];
    });
    return { body };
  },
});
