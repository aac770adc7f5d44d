import { z } from "zod";
import { blocks } from "../../reports/blocks.ts";
import { daily } from "../../reports/daily.ts";
import { session } from "../../reports/session.ts";
import { shortText } from "../uploads/messages.ts";
import { route } from "./contract.ts";
import { clientOf, clientSchema, uploadedBlocks } from "./shared/clients.ts";
import { range } from "./shared/parameters.ts";
import { machinesNamed, membersById, reportJson } from "./shared/usage.ts";

const rows = z.array(z.looseObject({}));

/** The usage of one machine in detail. */
export const apiUsageClient = route({
  name: "api-usage-client",
  description: "one machine: its days, sessions and five-hour blocks, in the fields of ccusage",
  method: "GET",
  path: "/api/usage/client/:clientId",
  scope: "read",
  params: z.strictObject({ ...range, clientId: shortText }),
  answer: z.looseObject({ client: clientSchema, daily: rows, sessions: rows, blocks: rows }),
  async read({ clientId, ...selected }, context) {
    const members = membersById(context);
    const machines = machinesNamed(members, clientId);
    const [first] = machines;
    const uploaded = uploadedBlocks(
      context,
      members,
      machines.map(({ machine }) => machine),
    );
    const found = {
      ...(await reportJson(session, selected, context, machines)),
      ...(await reportJson(blocks, selected, context, machines)),
      ...(await reportJson(daily, selected, context, machines)),
    } as { readonly blocks?: readonly object[] };
    return {
      body: {
        ...found,
        client: first && clientOf(first, context.place.now),
        blocks: [...(found.blocks ?? []), ...uploaded],
      },
    };
  },
});
