import { basename } from "node:path";
import type { Settings } from "../utils/config.ts";
import { isNamedSecret, withoutSecrets } from "../claude/redact-secrets.ts";

/** Which personal data a record may contain. */
export interface Privacy {
  readonly email: Settings["email"];
  readonly cwd: Settings["cwd"];
  /** Key for hashing e-mail addresses; one per log directory, so that hashes cannot be looked up. */
  readonly salt: string;
  readonly home: string;
  /** The real path of the home directory, if its path contains a link. */
  readonly realHome?: string | undefined;
  /** Values of variables whose names mark them as secret. */
  readonly secrets?: readonly string[];
}

/** Returns an e-mail address as allowed by PET_LOG_EMAIL: unchanged, as "hmac-sha256:" and 16 hex digits, or null. */
export function allowedEmail(address: string | null, { email, salt }: Pick<Privacy, "email" | "salt">): string | null {
  if (address === null || email === "off") return null;
  if (email === "full") return address;
  const digest = new Bun.CryptoHasher("sha256", salt).update(address.toLowerCase()).digest("hex");
  return `hmac-sha256:${digest.slice(0, 16)}`;
}

/** Returns a directory as allowed by PET_LOG_CWD: unchanged, its last part ("~" for the home directory), or null. */
export function allowedDirectory(
  directory: string | null,
  { cwd, home, realHome = home }: Pick<Privacy, "cwd" | "home" | "realHome">,
): string | null {
  if (directory === null || cwd === "off") return null;
  if (cwd === "full") return directory;
  return [home, realHome].some((one) => withoutTrailingSlash(directory) === withoutTrailingSlash(one))
    ? "~"
    : basename(directory) || "/";
}

/** Maximum nesting of an answer; the program never nests deeper. */
const MAX_DEPTH = 60;

/**
 * Redacts all keys and values of a raw answer: secrets always, e-mail addresses according to PET_LOG_EMAIL, and the working and
 * home directory unless PET_LOG_CWD is full.
 */
export function redact<T>(answer: T, directory: string | null, privacy: Privacy): T {
  const paths = privacy.cwd === "full" ? [] : pathsOf(directory, privacy);
  const redactText = (text: string): string => {
    const withoutKnownSecrets = withoutSecrets(text, privacy.secrets ?? []);
    const withoutMail =
      privacy.email === "full"
        ? withoutKnownSecrets
        : withoutAddresses(withoutKnownSecrets, (one) => allowedEmail(one, privacy) ?? "[email]");
    return paths.reduce((result, [path, shown]) => result.replaceAll(path, () => shown), withoutMail);
  };
  return walk(answer, redactText, null, 0) as T;
}

function walk(value: unknown, change: (text: string) => string, name: string | null, depth: number): unknown {
  if (typeof value === "string") return name !== null && isNamedSecret(name, value) ? "[secret]" : change(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (Array.isArray(value)) return value.map((one) => walk(one, change, name, depth + 1));
  // A row of get_status has the name of its value in the field "label".
  const { label } = value as { label?: unknown };
  const taken = new Set<string>();
  const entries = Object.entries(value).map(([key, inner]) => {
    const nameOf = key === "value" && typeof label === "string" ? label : key;
    return [unique(change(key), taken), walk(inner, change, nameOf, depth + 1)];
  });
  return Object.fromEntries(entries);
}

/** Returns a key that is not taken yet, so that two redacted addresses stay two fields. */
function unique(key: string, taken: Set<string>): string {
  let free = key;
  for (let more = 2; taken.has(free); more++) free = `${key} (${more})`;
  taken.add(free);
  return free;
}

const withoutTrailingSlash = (path: string): string => path.replace(/(?<=.)[\\/]$/, "");

/**
 * Returns patterns and replacements for the working and the home directory, as paths and as Claude Code writes them in folder
 * names. The longer path comes first, so that none is redacted only in part. A root directory is not redacted.
 */
function pathsOf(directory: string | null, privacy: Privacy): [RegExp, string][] {
  const homes = [...new Set([privacy.home, privacy.realHome ?? privacy.home].map(withoutTrailingSlash))];
  const cwd = withoutTrailingSlash(directory ?? "");
  const shown = allowedDirectory(cwd, privacy) ?? "[cwd]";
  const replacements: [string, string][] = homes.map((home) => [home, "~"]);
  if (!homes.includes(cwd)) replacements.push([cwd, shown]);
  return replacements
    .filter(([path]) => /[\\/][^\\/]/.test(path))
    .toSorted(([a], [b]) => b.length - a.length)
    .flatMap(([path, mark]): [RegExp, string][] => {
      const isWindows = /^[A-Za-z]:|\\/.test(path);
      const words = path.split(/[\\/]+/).map((word) => RegExp.escape(word));
      const pattern = isWindows ? words.join("[\\\\/]{1,2}") : RegExp.escape(path);
      const folder = path.replaceAll(/[^A-Za-z0-9]/g, "-");
      return [
        [new RegExp(`${pattern}(?![\\p{L}\\p{N}_-])`, isWindows ? "giu" : "gu"), mark],
        [new RegExp(`(?<=[\\\\/])${RegExp.escape(folder)}(?![A-Za-z0-9])`, "g"), mark],
      ];
    });
}

/** Characters of the local part and of the domain. */
const LOCAL = /[\p{L}\p{N}\p{M}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /[\p{L}\p{N}\p{M}.。-]/u;
/** Characters that may precede an address without being part of it. */
const BEFORE = /^(?:.*[/=?&{}|`]|['.]+)/su;
/** The at sign, also in full width and as encoded in URLs, JSON strings and HTML. */
const AT = /@|＠|%40|\\u0040|&#(?:0*64|x0*40);|&commat;/gi;
/** A quoted local part, and an address literal in brackets; both are rare and short. */
const QUOTED = /"(?:[^"\\\n]|\\.){1,64}"$/u;
const LITERAL = /^\[(?:IPv6:)?[\da-f.:]{2,60}\]/i;
/** Maximum characters of a quoted local part, including the quotes. */
const LONGEST_QUOTED = 132;

/**
 * Replaces each e-mail address in one pass over the text: with letters of any script, URL-encoded, or at a host without a dot.
 * Package versions (name@1.2.3, name@latest) and of Vertex's models
 * (claude-opus-4-6@default) are not addresses.
 */
function withoutAddresses(text: string, shown: (address: string) => string): string {
  let result = "";
  let done = 0;
  // After the previous at sign, so that no part of the text is scanned twice.
  let afterSign = 0;
  for (const { 0: sign, index } of text.matchAll(AT)) {
    if (index < done) continue;
    let from = index;
    while (from > Math.max(done, afterSign) && LOCAL.test(before(text, from))) from -= before(text, from).length;
    from += BEFORE.exec(text.slice(from, index))?.[0].length ?? 0;
    if (from === index)
      from -= QUOTED.exec(text.slice(Math.max(done, afterSign, index - LONGEST_QUOTED), index))?.[0].length ?? 0;
    let to = index + sign.length;
    const literal = LITERAL.exec(text.slice(to, to + 70))?.[0];
    afterSign = to;
    while (to < text.length && DOMAIN.test(at(text, to))) to += at(text, to).length;
    const domain = literal ?? text.slice(index + sign.length, to).replace(/(?<![.。-])[.。-]+$/u, "");
    to = index + sign.length + domain.length;
    if (from === index || (literal === undefined && !isDomain(domain))) continue;
    result += text.slice(done, from) + shown(`${text.slice(from, index)}@${domain}`);
    done = to;
  }
  return result + text.slice(done);
}

/** Return the character that begins at an index, and the one that ends there. */
const at = (text: string, index: number): string => String.fromCodePoint(text.codePointAt(index) ?? 0);
function before(text: string, index: number): string {
  const last = text.charCodeAt(index - 1);
  return last >= 0xdc00 && last <= 0xdfff && index > 1 ? text.slice(index - 2, index) : text.slice(index - 1, index);
}

function isDomain(domain: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(domain)) return true;
  if (/^\d+\.\d/.test(domain) || /^(?:latest|default)$/.test(domain))
    return /\.[a-z]{2,}$/i.test(domain) && !/^\d+\.\d+\.\d+/.test(domain);
  return /^[\p{L}\p{N}]/u.test(domain) && /\p{L}/u.test(domain.split(/[.。]/u).at(-1) ?? "");
}
