import { isIP } from "node:net";
import { PawprintError } from "../utils/errors.ts";
import { anyone, type Identity, type Scope } from "./identity.ts";
import type { PageTokens } from "./services.ts";

/** Who may ask a server, and from where. */
export interface Access {
  /** The address that machines use. */
  readonly url: string;
  /** The origin of pages elsewhere that may ask; null for none. */
  readonly corsOrigin: string | null;
  /** Whether requests without a token may read and upload. */
  readonly isOpen: boolean;
}

/** Who sends a request with a token, or without one. Throws unauthorized. */
export function identityOf(token: string | null, needs: Scope, tokens: PageTokens, { isOpen }: Access): Identity {
  if (token !== null) return tokens.identify(token);
  if (isOpen && (needs === "read" || needs === "write")) return anyone(needs);
  const hint = "send a token: Authorization: Bearer TOKEN; pawprint token create makes one";
  throw new PawprintError("unauthorized", "a token is missing", hint);
}

/**
 * Throws forbidden for a request that names a host which is not this hub, or comes from a page elsewhere: a page can make a
 * browser ask any address, and a name can be made to lead to any address.
 */
export function refuseForeign(headers: Headers, { url, corsOrigin }: Access): void {
  const host = headers.get("host") ?? "";
  const named = URL.parse(`http://${host}`);
  // Nothing but a host and a port: no user, no path.
  const name = named?.href === `http://${named?.host}/` ? named.hostname : "";
  const isKnown = name === "localhost" || isIP(name.replaceAll(/[[\]]/g, "")) !== 0 || name === new URL(url).hostname;
  if (!isKnown) throw new PawprintError("forbidden", "the host of the request is not this hub", `use ${url}`);
  const origin = headers.get("origin");
  if (origin === null || origin === corsOrigin || URL.parse(origin)?.host === host) return;
  const hint = "allow the page: pawprint serve --cors-origin ORIGIN";
  throw new PawprintError("forbidden", "the request comes from a page of another origin", hint);
}

/** The headers that let a page of the allowed origin read an answer; none for others. */
export function corsHeaders(headers: Headers, { corsOrigin }: Access): Record<string, string> {
  if (corsOrigin === null || headers.get("origin") !== corsOrigin) return {};
  return {
    "access-control-allow-origin": corsOrigin,
    "access-control-allow-headers": "authorization, content-type, x-api-key, last-event-id",
    "access-control-allow-methods": "GET, POST, PATCH, DELETE",
    "access-control-max-age": "600",
    vary: "origin",
  };
}
