import { basename } from "node:path";
import type { Settings } from "../utils/config.ts";

/** What of a person a record may show. */
export interface Privacy {
  readonly email: Settings["email"];
  readonly cwd: Settings["cwd"];
  /** Key of the hashes of e-mail addresses; one per log directory, so that a hash cannot be looked up. */
  readonly salt: string;
  readonly home: string;
}

/** An e-mail address as PET_LOG_EMAIL allows: itself, "hmac-sha256:" and 16 hex digits, or null. */
export function emailAs(address: string | null, { email, salt }: Pick<Privacy, "email" | "salt">): string | null {
  if (address === null || email === "off") return null;
  if (email === "full") return address;
  const digest = new Bun.CryptoHasher("sha256", salt).update(address.toLowerCase()).digest("hex");
  return `hmac-sha256:${digest.slice(0, 16)}`;
}

/** A directory as PET_LOG_CWD allows: itself, its last name, or null. */
export function cwdAs(directory: string | null, { cwd }: Pick<Privacy, "cwd">): string | null {
  if (directory === null || cwd === "off") return null;
  return cwd === "full" ? directory : basename(directory);
}

const EMAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[A-Za-z]{2,}/g;

/**
 * A raw answer with the same things hidden wherever they stand in it: every e-mail address as PET_LOG_EMAIL says, and
 * unless PET_LOG_CWD is full, the working directory and the home directory.
 */
export function hide<T>(answer: T, directory: string | null, privacy: Privacy): T {
  const paths: [string, string][] = [];
  if (privacy.cwd !== "full") {
    if (directory) paths.push([directory, cwdAs(directory, privacy) ?? "[cwd]"]);
    if (privacy.home.length > 1) paths.push([privacy.home, "~"]);
  }
  const hidden = (text: string): string => {
    const mailed =
      privacy.email === "full" ? text : text.replace(EMAIL, (address) => emailAs(address, privacy) ?? "[email]");
    return paths.reduce((result, [path, shown]) => result.replaceAll(path, () => shown), mailed);
  };
  return walk(answer, hidden) as T;
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => walk(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, change)]));
}
