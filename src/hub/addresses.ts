import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { isLoopback } from "../sync/hub-url.ts";

/** Hosts that stand for all addresses of this machine. */
const WILDCARDS = new Set(["0.0.0.0", "::", "*"]);

/** The bytes of an IP address: 4 or 16. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // A URL has groups of hexadecimal digits, whatever notation the address came in; it knows no interfaces (%eth0).
  const { hostname: inBrackets } = new URL(`http://[${address.replace(/%.*$/, "")}]`);
  const [left = [], right = []] = inBrackets
    .slice(1, -1)
    .split("::")
    .map((part) => part.split(":").flatMap((group) => (group === "" ? [] : Number.parseInt(group, 16))));
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** What limits go by: an IPv4 address, or the network of an IPv6 address, all of whose addresses one sender may have. */
export function senderOf(address: string): string {
  const [, inner = address] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  return isIP(inner) === 6 && !isLoopback(inner) ? addressBytes(inner).toString("hex", 0, 8) : inner;
}

/** The addresses of this machine that others can reach, without those that hold on one link only. */
const externalAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);

/** The address for others of what listens on a host; where that stands for all addresses, the first IPv4 one or the host name. */
export function urlOf(scheme: "http" | "https", host: string, port: number): string {
  const reached = WILDCARDS.has(host) ? (externalAddresses().find((one) => isIP(one) === 4) ?? hostname()) : host;
  return `${scheme}://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}

/** All names and addresses under which this machine may be reached: for its certificate. */
export function namesOf(host: string, url: string | null): string[] {
  const named = url === null ? [] : [new URL(url).hostname.replaceAll(/[[\]]/g, "")];
  const own = WILDCARDS.has(host) ? externalAddresses() : [host];
  return [...new Set(["localhost", "127.0.0.1", "::1", hostname(), ...own, ...named])];
}
