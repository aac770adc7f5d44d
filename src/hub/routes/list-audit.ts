import { z } from "zod";
import { route } from "./contract.ts";
import { isoTime } from "./shared/times.ts";

const MAX_ENTRIES = 1_000;

/** Who did what. */
export const listAudit = route({
  name: "list-audit",
  description: "who did what: invitations, logins, tokens, names, revocations and what was forgotten, newest first",
  method: "GET",
  path: "/api/v1/audit",
  scope: "admin",
  params: z.strictObject({ limit: z.coerce.number().int().min(1).max(MAX_ENTRIES).default(100) }),
  answer: z.object({
    entries: z.array(z.object({ at: z.string(), actor: z.string(), what: z.string(), detail: z.string() })),
  }),
  run: ({ params }, hub) => ({
    body: { entries: hub.audit(params.limit).map(({ at, ...rest }) => ({ at: isoTime(at), ...rest })) },
  }),
});
