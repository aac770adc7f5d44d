import { z } from "zod";
import { daily } from "../../reports/daily.ts";
import { shortText } from "../uploads/messages.ts";
import { route } from "./contract.ts";
import { range } from "./shared/parameters.ts";
import { machinesNamed, membersById, reportJson } from "./shared/usage.ts";

/** Usage by day over all machines or one. */
export const apiUsageAggregate = route({
  name: "api-usage-aggregate",
  description: "usage by day over all machines or one, in the fields of ccusage",
  method: "GET",
  path: "/api/usage/aggregate",
  scope: "read",
  params: z.strictObject({ ...range, machineId: shortText.optional() }),
  answer: z.looseObject({ machineId: z.string().nullable(), daily: z.array(z.looseObject({ date: z.string() })) }),
  async read({ machineId, ...selected }, context) {
    const machines = machineId === undefined ? undefined : machinesNamed(membersById(context), machineId);
    const found = await reportJson(daily, selected, context, machines);
    return { body: { machineId: machineId ?? null, ...found } };
  },
});
