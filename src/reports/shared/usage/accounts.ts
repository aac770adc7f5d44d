import { PawprintError } from "../../../utils/errors.ts";
import { clean } from "../../../utils/terminal.ts";

/** A path with the home directory written as ~. */
export const shownPath = (path: string, home: string): string =>
  path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;

/**
 * The accounts that match a text: configuration directories whose path, with or without ~, equals or ends with it, else
 * those whose path contains it. Throws bad_usage with all known accounts where none matches.
 */
export function matchAccounts(text: string, known: Iterable<string>, home: string): string[] {
  const all = [...new Set(known)].toSorted();
  const wanted = text.replace(/^~(?=\/|$)/, () => home).replace(/(?<=.)\/+$/, "");
  const matchers = [
    (path: string): boolean => path === wanted || path.endsWith(`/${wanted}`),
    (path: string): boolean => wanted !== "" && path.toLowerCase().includes(wanted.toLowerCase()),
  ];
  const found = matchers.map((matches) => all.filter(matches)).find((some) => some.length > 0);
  if (found) return found;
  const hint =
    all.length === 0
      ? "no account is known yet: accounts are recorded when transcripts are read"
      : `one of: ${all.map((path) => clean(shownPath(path, home), 200)).join(", ")}`;
  throw new PawprintError("bad_usage", `there is no account "${clean(text)}"`, hint);
}

/** Shown for an unknown account. */
export const UNKNOWN_ACCOUNT = "(not known)";
