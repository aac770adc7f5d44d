import { z } from "zod";
import { blocks } from "../../reports/blocks.ts";
import { sessionKey } from "../../reports/shared/assistants.ts";
import { UsageGroups, UsageTotals } from "../../reports/shared/usage/groups.ts";
import { importedDays } from "../../reports/shared/usage/imported-days.ts";
import { fields, listOf, numberOf } from "../../utils/json.ts";
import { route } from "./contract.ts";
import { clientOf, clientSchema, uploadedBlocks, usageByMachine } from "./shared/clients.ts";
import { range } from "./shared/parameters.ts";
import { reportJson, usageOf, type SelectedUsage, selectedUsage, usageSchema } from "./shared/usage.ts";

/** Usage over all machines, and what is going on now: what a dashboard shows. */
export const apiUsageDistributed = route({
  name: "api-usage-distributed",
  description: "usage by machine and in all, the blocks that are open now, and how fast they are used",
  method: "GET",
  path: "/api/usage/distributed",
  scope: "read",
  params: z.strictObject(range),
  answer: z.object({
    totals: usageSchema,
    /** Tokens a minute over all machines, in the blocks that are open. */
    globalBurnRate: z.number(),
    activeClients: z.number(),
    totalSessions: z.number(),
    aggregatedBlocks: z.array(z.looseObject({})),
    clientStates: z.array(clientSchema.extend({ usage: usageSchema })),
  }),
  async read(selected, context) {
    const found = await selectedUsage(selected, context);
    const { query, place, members } = found;
    const byMachine = await usageByMachine(found);
    const sessions = await place.queries.sessions(query.filter);
    const open = [
      ...listOf(fields(await reportJson(blocks, { active: true }, context))["blocks"]),
      ...uploadedBlocks(context, members).filter(({ isActive }) => isActive),
    ];
    const states = [...members.values()].map((member) => ({
      ...clientOf(member, context.place.now),
      usage: usageOf(byMachine.get(member.machine) ?? new UsageTotals()),
    }));
    return {
      body: {
        totals: await totalsOf(found),
        globalBurnRate: open.reduce((sum, one) => sum + (numberOf(fields(one["burnRate"])["tokensPerMinute"]) ?? 0), 0),
        activeClients: states.filter(({ isOnline }) => isOnline).length,
        totalSessions: new Set(sessions.map(sessionKey)).size,
        aggregatedBlocks: open,
        clientStates: states,
      },
    };
  },
});

/** The usage of all machines together: days that were uploaded are left out where any journal covers them. */
async function totalsOf({ query, place, costs }: SelectedUsage): Promise<z.infer<typeof usageSchema>> {
  const groups = new UsageGroups<string>(costs);
  for (const row of await place.queries.usage(query.filter, query.intervals)) groups.addRow("", row);
  for (const day of await importedDays(query, place)) groups.addDay("", day);
  return usageOf(groups.all.all);
}
