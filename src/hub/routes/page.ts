import { z } from "zod";
import type { PageServices } from "../services.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";

/** Lets a page in. */
export const page = route({
  name: "page",
  description: "exchanges the code in a page's address for a token, once and within a minute",
  method: "POST",
  path: "/v1/page",
  scope: null,
  params: noParameters,
  body: z.strictObject({ code: z.string().min(1).max(100) }),
  maxBody: 1_000,
  answer: z.object({ token: z.string(), expiresAt: z.string() }),
  run({ body: { code }, tryCode }, { tokens }: PageServices) {
    const { token, expiresAt } = tryCode(() => tokens.redeemPage(code));
    return { status: 201, body: { token, expiresAt: isoTime(expiresAt) } };
  },
});
