import { z } from "zod";
import { wireValues } from "../../../model/wire.ts";
import { scopes } from "../../identity.ts";
import type { TokenEntry } from "../../services.ts";
import { isoTime, nullableTime } from "./times.ts";

/** A name that people give. */
export const givenName = wireValues.name;
/** The name of a person; "" for none. */
export const personName = givenName.or(z.literal("")).default("");

/** A token as the API shows it: never its text. */
export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(scopes),
  machine: z.string().nullable(),
  person: z.string(),
  created: z.string(),
  expires: z.string().nullable(),
  used: z.string().nullable(),
  revoked: z.string().nullable(),
});

/** A token as the API shows it. */
export const tokenOf = (entry: TokenEntry): z.infer<typeof tokenSchema> => ({
  ...entry,
  created: isoTime(entry.created),
  expires: nullableTime(entry.expires),
  used: nullableTime(entry.used),
  revoked: nullableTime(entry.revoked),
});
