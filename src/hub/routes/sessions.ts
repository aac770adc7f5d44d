import { z } from "zod";
import { route } from "./contract.ts";
import { page, pageFields, pageOf, selection } from "./shared/parameters.ts";
import { sessionSchema, sessionsOf } from "./shared/sessions.ts";
import { selectedUsage } from "./shared/usage.ts";

/** Sessions of all machines. */
export const sessions = route({
  name: "sessions",
  description: "sessions of all machines or some, the one that was active last first",
  method: "GET",
  path: "/api/v1/sessions",
  scope: "read",
  params: z.strictObject({ ...selection, ...page }),
  answer: z.object({ sessions: z.array(sessionSchema), ...pageFields }),
  async read({ limit, offset, ...selected }, context) {
    const found = await sessionsOf(await selectedUsage(selected, context));
    const { rows, ...more } = pageOf(found, { limit, offset });
    return { body: { sessions: rows, ...more } };
  },
});
