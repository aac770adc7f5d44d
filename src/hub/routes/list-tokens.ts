import { z } from "zod";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { tokenOf, tokenSchema } from "./shared/tokens.ts";

/** All tokens, without their texts. */
export const listTokens = route({
  name: "list-tokens",
  description: "all tokens, without their texts",
  method: "GET",
  path: "/api/v1/tokens",
  scope: "admin",
  params: noParameters,
  answer: z.object({ tokens: z.array(tokenSchema) }),
  run: (_, { tokens }) => ({ body: { tokens: tokens.all().map(tokenOf) } }),
});
