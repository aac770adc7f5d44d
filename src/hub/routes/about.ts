import { z } from "zod";
import { scopes } from "../identity.ts";
import type { PageServices } from "../services.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

/** What a page can know of its server before it asks for reports. */
export const about = route({
  name: "about",
  description:
    "what answers here: a hub or one machine, its name, version, zone and machines, and what the token allows",
  method: "GET",
  path: "/api/v1/about",
  scope: "read",
  params: noParameters,
  answer: z.object({
    kind: z.enum(["hub", "machine"]),
    name: z.string(),
    program: z.string(),
    scope: z.enum(scopes),
    timezone: z.string(),
    machines: z.array(z.object({ name: z.string(), person: z.string() })),
  }),
  run: ({ identity: { scope } }, server: PageServices) => ({
    body: { ...server.about(), program: server.program, scope },
  }),
});
