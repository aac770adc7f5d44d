import { z } from "zod";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";
import { givenName, personName } from "./shared/tokens.ts";

const DAY_MS = 86_400_000;
const MAX_DAYS = 3_650;

/** Makes a token for a person or a program. */
export const createToken = route({
  name: "create-token",
  description: "makes a token for a person or a program; its text is in this answer and nowhere else",
  method: "POST",
  path: "/api/v1/tokens",
  scope: "admin",
  params: noParameters,
  body: z.strictObject({
    name: givenName,
    scope: z.enum(["read", "write", "admin"]),
    person: personName,
    expiresInDays: z.number().int().min(1).max(MAX_DAYS).nullable().default(null),
  }),
  answer: z.object({ id: z.string(), token: z.string(), expiresAt: z.string().nullable() }),
  run({ body: { name, scope, person, expiresInDays }, identity }, hub) {
    const expires = expiresInDays === null ? null : hub.now() + expiresInDays * DAY_MS;
    const made = hub.tokens.create({ name, scope, person, machine: null, expires }, identity);
    return { status: 201, body: { ...made, expiresAt: expires === null ? null : isoTime(expires) } };
  },
});
