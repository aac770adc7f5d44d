import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import type { Store } from "../sources/contract.ts";
import { realPath } from "../utils/files.ts";

/** A file that was found, with its real path. */
export interface FoundFile {
  readonly path: string;
  readonly stat: Stats;
}

/** Folders deeper than this belong to a loop of mounts. */
const MAX_DEPTH = 32;

/** Files may appear and disappear during the walk. */
const NO_THROW = { throwIfNoEntry: false } as const;

type FileFilter = Pick<Store, "owns" | "enters">;

/**
 * Finds the regular files of a store: roots that are files, and the files it owns below roots that are directories.
 * Each file is returned once by its real path, however many links lead to it. What cannot be read is left out: a
 * missing file is noticed, and reported when it is requested by name. The real paths of all visited directories are
 * added to `folders`, and directories already in it are not visited again. Files and directories whose names are not
 * valid UTF-8, which cannot be opened by name, and pipes, devices and folders in place of a file are added to `unnamed`.
 */
export function walk(
  store: FileFilter,
  roots: readonly string[],
  folders: Set<string> = new Set(),
  unnamed: string[] = [],
): FoundFile[] {
  const found: FoundFile[] = [];
  /** Files that were reached by a link or are roots themselves. */
  const linked: string[] = [];
  for (const root of roots) {
    // Most assistants are not installed; resolving a missing path would create an error for each.
    const stat = statOf(root);
    const real = stat && realPath(root);
    if (real === null) continue;
    if (stat?.isFile()) linked.push(real);
    else walkDirectory(real, "", 0, { store, folders, found, linked, unnamed });
  }
  // A directory contains each file once; only a file that was also reached by a link can be a duplicate.
  if (linked.length > 0) {
    const known = new Set(found.map(({ path }) => path));
    for (const path of new Set(linked)) if (!known.has(path)) addFile(path, found);
  }
  return found;
}

interface Walk {
  readonly store: FileFilter;
  readonly folders: Set<string>;
  readonly found: FoundFile[];
  readonly linked: string[];
  readonly unnamed: string[];
}

/** Replaces bytes of a name that are not valid UTF-8; a name may also contain the character itself. */
const REPLACEMENT_CHARACTER = "\ufffd";

/** Walks a directory; `prefix` is its path below the root, with a trailing slash unless it is empty. */
function walkDirectory(directory: string, prefix: string, depth: number, walk: Walk): void {
  const { store, folders, found, linked } = walk;
  if (folders.has(directory) || depth > MAX_DEPTH) return;
  folders.add(directory);
  for (const entry of entriesOf(directory)) {
    const name = prefix + entry.name;
    if (entry.name.includes(REPLACEMENT_CHARACTER) && !existsAt(`${directory}/${entry.name}`)) {
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
      if (isLink) linked.push(path);
      else addFile(path, found);
    } else if (kind.isDirectory() && (store.enters?.(name) ?? true)) walkDirectory(path, `${name}/`, depth + 1, walk);
    // A pipe, a device or a folder in place of a file.
    else if (store.owns(name)) walk.unnamed.push(`${directory}/${entry.name}`);
  }
}

function addFile(path: string, found: FoundFile[]): void {
  const stat = statOf(path);
  if (stat?.isFile()) found.push({ path, stat });
}

/** Whether anything exists at a path, including a dangling link. */
function existsAt(path: string): boolean {
  try {
    return lstatSync(path, NO_THROW) !== undefined;
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
    return statSync(path, NO_THROW) ?? null;
  } catch {
    return null;
  }
}
