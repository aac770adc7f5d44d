import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import type { Store } from "../sources/contract.ts";
import { realPath } from "../utils/files.ts";

/** A file that was found, by its real path. */
export interface Found {
  readonly path: string;
  readonly stat: Stats;
}

/** Folders deeper than this are somebody's loop of mounts. */
const DEEPEST = 32;

/** Files come and go while they are looked at. */
const QUIETLY = { throwIfNoEntry: false } as const;

type Where = Pick<Store, "owns" | "enters">;

/**
 * Plain files of a store: roots that are files, and what it owns below those that are directories, each once by its real
 * path however many links lead to it. What cannot be looked into is left out: it is found missing, and says so when it is
 * asked for by name. Real paths of all directories that were looked into are added to `folders`, and those in it are not
 * looked into again. Files and directories whose names are no UTF-8, and cannot be asked for so, and
 * what stands in the place of a file and is none, are added to `unnamed`.
 */
export function walk(
  store: Where,
  roots: readonly string[],
  folders: Set<string> = new Set(),
  unnamed: string[] = [],
): Found[] {
  const found: Found[] = [];
  /** Files that were not found in their own directories. */
  const named: string[] = [];
  for (const root of roots) {
    // Most assistants are not there; asking for the real path of what is missing would make an error of each.
    const stat = statOf(root);
    const real = stat && realPath(root);
    if (real === null) continue;
    if (stat?.isFile()) named.push(real);
    else below(real, "", 0, { store, folders, found, named, unnamed });
  }
  // What a directory holds is there once; only where there is another way to a file it can have been found before.
  if (named.length > 0) {
    const known = new Set(found.map(({ path }) => path));
    for (const path of new Set(named)) if (!known.has(path)) look(path, found);
  }
  return found;
}

interface Walk {
  readonly store: Where;
  readonly folders: Set<string>;
  readonly found: Found[];
  readonly named: string[];
  readonly unnamed: string[];
}

/** What stands in a name for bytes that are no UTF-8; a name may also hold the sign itself. */
const NO_UTF8 = "\ufffd";

/** Looks into a directory; `prefix` is its path below the root, with a slash behind it unless it is empty. */
function below(directory: string, prefix: string, depth: number, walk: Walk): void {
  const { store, folders, found, named } = walk;
  if (folders.has(directory) || depth > DEEPEST) return;
  folders.add(directory);
  for (const entry of entriesOf(directory)) {
    const name = prefix + entry.name;
    if (entry.name.includes(NO_UTF8) && !existsAt(`${directory}/${entry.name}`)) {
      const isWanted = entry.isDirectory() ? (store.enters?.(name) ?? true) : store.owns(name);
      if (isWanted) walk.unnamed.push(`${directory}/${entry.name}`);
      continue;
    }
    const isLink = entry.isSymbolicLink();
    const path = isLink ? realPath(`${directory}/${entry.name}`) : `${directory}/${entry.name}`;
    const kind = isLink && path !== null ? statOf(path) : entry;
    if (path === null || kind === null) continue;
    if (kind.isFile()) {
      if (!store.owns(name)) continue;
      if (isLink) named.push(path);
      else look(path, found);
    } else if (kind.isDirectory() && (store.enters?.(name) ?? true)) below(path, `${name}/`, depth + 1, walk);
    // A pipe, a device or a folder in the place of a file.
    else if (store.owns(name)) walk.unnamed.push(`${directory}/${entry.name}`);
  }
}

function look(path: string, found: Found[]): void {
  const stat = statOf(path);
  if (stat?.isFile()) found.push({ path, stat });
}

/** Whether anything stands at a path, be it a link to nothing. */
function existsAt(path: string): boolean {
  try {
    return lstatSync(path, QUIETLY) !== undefined;
  } catch {
    return false;
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path, QUIETLY) ?? null;
  } catch {
    return null;
  }
}
