import { PawprintError } from "../utils/errors.ts";

/** A hub's address in one notation, without a slash at the end. Throws bad_usage, and hub_untrusted for plain http to another machine. */
export function hubUrlOf(text: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (!url || url.hostname === "") throw badAddress(`"${text.slice(0, 200)}" is not an address`);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw badAddress(`${url.protocol} is not https:`);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw badAddress("the address has a user, a password or parameters");
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    const hint = `use https://${url.host}, or on the machine of the hub http://127.0.0.1:${url.port || "80"}`;
    throw new PawprintError("hub_untrusted", `${url.host} would receive the token unencrypted over http`, hint);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** Whether a host, an address or the host of a URL, is reached from this machine only. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);

/** The error for an address that is none. */
export const badAddress = (why: string): PawprintError =>
  new PawprintError("bad_usage", `the hub's address cannot be used: ${why}`, "pawprint login https://hub.example#CODE");
