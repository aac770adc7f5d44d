import { z } from "zod";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

/** Whether the hub works; the only route without a token. */
export const health = route({
  name: "health",
  description: "whether the hub answers and its database can be read",
  method: "GET",
  path: "/health",
  scope: null,
  params: noParameters,
  answer: z.object({ status: z.literal("ok"), database: z.literal("connected") }),
  async run(_, { ledger }) {
    // Throws what the ledger throws.
    await ledger.queries.span();
    return { body: { status: "ok", database: "connected" } };
  },
});
