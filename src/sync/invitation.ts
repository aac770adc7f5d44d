import { badAddress, hubUrlOf } from "./hub-url.ts";

/** Where to log in and by what: the text URL#CODE, or URL#CODE.PIN for a hub with a certificate of its own. */
export interface Invitation {
  /** The hub's address, without a slash at the end. */
  readonly url: string;
  /** Absent if only an address is given. */
  readonly code: string | null;
  /** SHA-256 of the hub's public key (SubjectPublicKeyInfo), 32 bytes in base64url. */
  readonly pin: string | null;
}

/** The text of an invitation. */
export const formatInvitation = ({ url, code, pin }: Invitation): string =>
  `${url}${code === null ? "" : `#${code}${pin === null ? "" : `.${pin}`}`}`;

/** Parses what `pawprint login` is given. Throws bad_usage, and hub_untrusted for plain http to another machine. */
export function parseInvitation(text: string): Invitation {
  const [address = "", fragment = "", ...more] = text.trim().split("#");
  const [, code = null, pin = null] = /^([\w-]{8,100})(?:\.([\w-]{43}))?$/.exec(fragment) ?? [];
  if (more.length > 0 || (fragment !== "" && code === null))
    throw badAddress("what stands behind # is not a code of pawprint invite");
  return { url: hubUrlOf(address), code, pin };
}
