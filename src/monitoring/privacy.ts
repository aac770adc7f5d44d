import { basename } from "node:path";
import type { Settings } from "../utils/config.ts";
import { isNamedSecret, withoutSecrets } from "./claude/scrub.ts";

/** What of a person a record may show. */
export interface Privacy {
  readonly email: Settings["email"];
  readonly cwd: Settings["cwd"];
  /** Key of the hashes of e-mail addresses; one per log directory, so that a hash cannot be looked up. */
  readonly salt: string;
  readonly home: string;
  /** Where the home directory really lies, where its path leads over a link. */
  readonly realHome?: string | undefined;
  /** Values that are secret by the name of the variable which holds them. */
  readonly secrets?: readonly string[];
}

/** An e-mail address as PET_LOG_EMAIL allows: itself, "hmac-sha256:" and 16 hex digits, or null. */
export function emailAs(address: string | null, { email, salt }: Pick<Privacy, "email" | "salt">): string | null {
  if (address === null || email === "off") return null;
  if (email === "full") return address;
  const digest = new Bun.CryptoHasher("sha256", salt).update(address.toLowerCase()).digest("hex");
  return `hmac-sha256:${digest.slice(0, 16)}`;
}

/** A directory as PET_LOG_CWD allows: itself, its last name ("~" for the home directory), or null. */
export function cwdAs(
  directory: string | null,
  { cwd, home, realHome = home }: Pick<Privacy, "cwd" | "home" | "realHome">,
): string | null {
  if (directory === null || cwd === "off") return null;
  if (cwd === "full") return directory;
  return [home, realHome].some((one) => withoutEnd(directory) === withoutEnd(one)) ? "~" : basename(directory) || "/";
}

/** Levels of an answer that are kept; what lies deeper is no answer of the program. */
const MAX_DEPTH = 60;

/**
 * A raw answer, keys and values, with what may not be recorded hidden wherever it stands: secrets always, every e-mail
 * address as PET_LOG_EMAIL says, and unless PET_LOG_CWD is full, the working directory and the home directory.
 */
export function hide<T>(answer: T, directory: string | null, privacy: Privacy): T {
  const paths = privacy.cwd === "full" ? [] : pathsOf(directory, privacy);
  const hidden = (text: string): string => {
    const open = withoutSecrets(text, privacy.secrets ?? []);
    const mailed =
      privacy.email === "full" ? open : withoutAddresses(open, (one) => emailAs(one, privacy) ?? "[email]");
    return paths.reduce((result, [path, shown]) => result.replaceAll(path, () => shown), mailed);
  };
  return walk(answer, hidden, null, 0) as T;
}

function walk(value: unknown, change: (text: string) => string, name: string | null, depth: number): unknown {
  if (typeof value === "string") return name !== null && isNamedSecret(name, value) ? "[secret]" : change(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (Array.isArray(value)) return value.map((one) => walk(one, change, name, depth + 1));
  // A row of get_status tells the name of its value in a field.
  const { label } = value as { label?: unknown };
  const taken = new Set<string>();
  const entries = Object.entries(value).map(([key, inner]) => {
    const nameOf = key === "value" && typeof label === "string" ? label : key;
    return [unique(change(key), taken), walk(inner, change, nameOf, depth + 1)];
  });
  return Object.fromEntries(entries);
}

/** A key that no other has: two addresses that are hidden are still two fields. */
function unique(key: string, taken: Set<string>): string {
  let free = key;
  for (let more = 2; taken.has(free); more++) free = `${key} (${more})`;
  taken.add(free);
  return free;
}

const withoutEnd = (path: string): string => path.replace(/(?<=.)[\\/]$/, "");

/**
 * What stands for the working directory and the home directory, as paths and as Claude Code writes them in the names of its
 * folders. The longer one is looked for first, so that neither is hidden only in part; a root hides nothing.
 */
function pathsOf(directory: string | null, privacy: Privacy): [RegExp, string][] {
  const homes = [...new Set([privacy.home, privacy.realHome ?? privacy.home].map(withoutEnd))];
  const cwd = withoutEnd(directory ?? "");
  const shown = cwdAs(cwd, privacy) ?? "[cwd]";
  const found: [string, string][] = homes.map((home) => [home, "~"]);
  if (!homes.includes(cwd)) found.push([cwd, shown]);
  return found
    .filter(([path]) => /[\\/][^\\/]/.test(path))
    .toSorted(([a], [b]) => b.length - a.length)
    .flatMap(([path, mark]): [RegExp, string][] => {
      const isWindows = /^[A-Za-z]:|\\/.test(path);
      const words = path.split(/[\\/]+/).map((word) => RegExp.escape(word));
      const written = isWindows ? words.join("[\\\\/]{1,2}") : RegExp.escape(path);
      const folder = path.replaceAll(/[^A-Za-z0-9]/g, "-");
      return [
        [new RegExp(`${written}(?![\\p{L}\\p{N}_-])`, isWindows ? "giu" : "gu"), mark],
        [new RegExp(`(?<=[\\\\/])${RegExp.escape(folder)}(?![A-Za-z0-9])`, "g"), mark],
      ];
    });
}

/** Characters of the part before the at sign, and of the domain. */
const LOCAL = /[\p{L}\p{N}\p{M}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /[\p{L}\p{N}\p{M}.。-]/u;
/** What may stand before an address without belonging to it. */
const BEFORE = /^(?:.*[/=?&{}|`]|['.]+)/su;
/** The at sign, also of full width, and as addresses of the web, JSON within a text, and HTML write it. */
const AT = /@|＠|%40|\\u0040|&#(?:0*64|x0*40);|&commat;/gi;
/** A name in quotes before the at sign, and a number in brackets behind it; both are rare and short. */
const QUOTED = /"(?:[^"\\\n]|\\.){1,64}"$/u;
const LITERAL = /^\[(?:IPv6:)?[\da-f.:]{2,60}\]/i;
/** Characters that such a name has at most, with its quotes. */
const LONGEST_QUOTED = 132;

/**
 * A text with each e-mail address replaced, in one pass over it: with letters of all scripts, encoded in an address of the web, or at a
 * host without a dot. Versions of packages (name@1.2.3, name@latest) and of Vertex's models
 * (claude-opus-4-6@default) are none.
 */
function withoutAddresses(text: string, shown: (address: string) => string): string {
  let result = "";
  let done = 0;
  // Behind the at sign before: no part of the text is gone over twice.
  let least = 0;
  for (const { 0: sign, index } of text.matchAll(AT)) {
    if (index < done) continue;
    let from = index;
    while (from > Math.max(done, least) && LOCAL.test(before(text, from))) from -= before(text, from).length;
    from += BEFORE.exec(text.slice(from, index))?.[0].length ?? 0;
    if (from === index)
      from -= QUOTED.exec(text.slice(Math.max(done, least, index - LONGEST_QUOTED), index))?.[0].length ?? 0;
    let to = index + sign.length;
    const literal = LITERAL.exec(text.slice(to, to + 70))?.[0];
    least = to;
    while (to < text.length && DOMAIN.test(at(text, to))) to += at(text, to).length;
    const domain = literal ?? text.slice(index + sign.length, to).replace(/(?<![.。-])[.。-]+$/u, "");
    to = index + sign.length + domain.length;
    if (from === index || (literal === undefined && !isDomain(domain))) continue;
    result += text.slice(done, from) + shown(`${text.slice(from, index)}@${domain}`);
    done = to;
  }
  return result + text.slice(done);
}

/** The character that begins at a place, and the one that ends there. */
const at = (text: string, place: number): string => String.fromCodePoint(text.codePointAt(place) ?? 0);
function before(text: string, place: number): string {
  const last = text.charCodeAt(place - 1);
  return last >= 0xdc00 && last <= 0xdfff && place > 1 ? text.slice(place - 2, place) : text.slice(place - 1, place);
}

function isDomain(domain: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(domain)) return true;
  if (/^\d+\.\d/.test(domain) || /^(?:latest|default)$/.test(domain))
    return /\.[a-z]{2,}$/i.test(domain) && !/^\d+\.\d+\.\d+/.test(domain);
  return /^[\p{L}\p{N}]/u.test(domain) && /\p{L}/u.test(domain.split(/[.。]/u).at(-1) ?? "");
}
