import { PawprintError } from "../../../utils/errors.ts";
import { clean } from "../../../utils/terminal.ts";

/** A path as people write it: the home directory as ~. */
export const shownPath = (path: string, home: string): string =>
  path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;

/**
 * The accounts that a text names: a configuration directory by its path, with or without ~, or by the end of it; where none
 * is equal, those whose path holds the text. Throws bad_usage naming all that are known where there is none.
 */
export function accountsNamed(text: string, known: Iterable<string>, home: string): string[] {
  const all = [...new Set(known)].toSorted();
  const wanted = text.replace(/^~(?=\/|$)/, () => home).replace(/(?<=.)\/+$/, "");
  const ways = [
    (path: string): boolean => path === wanted || path.endsWith(`/${wanted}`),
    (path: string): boolean => wanted !== "" && path.toLowerCase().includes(wanted.toLowerCase()),
  ];
  const found = ways.map((is) => all.filter(is)).find((some) => some.length > 0);
  if (found) return found;
  const hint =
    all.length === 0
      ? "no account is known yet: they are noted when transcripts are read"
      : `one of: ${all.map((path) => clean(shownPath(path, home), 200)).join(", ")}`;
  throw new PawprintError("bad_usage", `there is no account "${clean(text)}"`, hint);
}

/** What stands for an account that is not known. */
export const UNKNOWN_ACCOUNT = "(not known)";
