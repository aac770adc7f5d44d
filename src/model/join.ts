import { z } from "zod";
import { wireValues } from "./wire.ts";

const { name, id, time } = wireValues;

/**
 * The body of POST /v1/join: with the code of an invitation, or without one and with a token of the scope write or admin as
 * Authorization. A CI job joins anew at each run, always as the member "ci".
 */
export const joinRequest = z.object({
  code: z.string().min(1).max(100).optional(),
  machine: id,
  name,
  /** Epoch milliseconds of the creation of its first ledger. */
  born: time,
  platform: name,
  program: name,
  provenance: z.enum(["machine", "ci"]).optional(),
});

/** What a machine receives when it joins. */
export const joinAnswer = z.object({
  token: z.string().min(1).max(1_000),
  /** The id that the machine speaks as: that of the known machine if the invitation is for its name. */
  machine: id,
  name,
  /** The hub's key for hashes of branches, e-mail addresses and accounts: 32 bytes in base64url. */
  key: z.string().regex(/^[\w-]{43}$/),
  /** A token of the scope read, which ends with the machine's own; absent if the machine may not read. */
  readToken: z.string().min(1).max(1_000).optional(),
});
