import { z } from "zod";
import { route } from "./contract.ts";

/** Ends a token. */
export const revokeToken = route({
  name: "revoke-token",
  description: "ends a token, by id or name, and closes the connections that were opened with it",
  method: "DELETE",
  path: "/api/v1/tokens/:token",
  scope: "admin",
  params: z.strictObject({ token: z.string().max(200) }),
  answer: z.object({ token: z.string(), revoked: z.literal(true) }),
  run({ params: { token }, identity }, { tokens }) {
    tokens.revoke(token, identity);
    return { body: { token, revoked: true } };
  },
});
