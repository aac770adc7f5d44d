import { z } from "zod";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { readOwn, removeIfPresent, replaceFile } from "../utils/files.ts";
import { loginFile, type Places } from "../utils/paths.ts";

const short = z.string().min(1).max(1_000);

/** Fields that a newer version added are kept. */
const schema = z.looseObject({
  version: z.literal(1),
  /** Address of the hub: https, or http on this machine. */
  url: short,
  /** The id and the name under which the hub knows this machine. */
  machine: short,
  name: short,
  /** The machine's token: it writes and forgets this machine's rows. */
  token: short,
  /** The token by which this machine reads the reports of all machines; null if it may not. */
  readToken: short.nullable().default(null),
  /** The hub's key for hashes of branches and accounts, 32 bytes in base64url. */
  key: z.string().regex(/^[\w-]{43}$/),
  /** The hub's own certificate as PEM, where no authority vouches for it; else null. */
  certificate: z.string().max(20_000).nullable(),
  /** SHA-256 of the public key of that certificate, base64url. */
  pin: z.string().max(100).nullable(),
});

/** What a machine knows of the hub that it sends to. */
export type Login = z.infer<typeof schema>;

/** The login of this machine; null if it sends to no hub. Throws file_refused for a file that is not ours or is damaged. */
export function readLogin(places: Places): Login | null {
  const path = loginFile(places);
  const text = readOwn(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const hint = "remove it and log in again: pawprint login URL#CODE";
    throw new PawprintError("file_refused", `${path} is damaged: ${messageOf(error).slice(0, 200)}`, hint, error);
  }
}

/** Stores the login with mode 0600. */
export function writeLogin(places: Places, login: Login): void {
  replaceFile(loginFile(places), `${JSON.stringify(login, null, 2)}\n`);
}

/** Removes the login. */
export const removeLogin = (places: Places): void => removeIfPresent(loginFile(places));

/** Identifies a hub, wherever it runs: a hash of its key. */
export const hubIdOf = (key: string): string =>
  new Bun.CryptoHasher("sha256").update(`hub ${key}`).digest("base64url").slice(0, 22);
