import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import type { Store } from "../sources/contract.ts";

/** A file that was found, by its real path. */
export interface Found {
  readonly path: string;
  readonly stat: Stats;
}

/** Folders deeper than this are somebody's loop of mounts. */
const DEEPEST = 32;

/**
 * Plain files of a store: roots that are files, and what it owns below those that are directories, each once by its real
 * path however many links lead to it. What cannot be looked into is left out: it is found missing, and says so when it is
 * asked for by name. Real paths of all that was looked into are added to `seen`.
 */
export function walk(store: Where, roots: readonly string[], seen: Set<string> = new Set()): Found[] {
  const found: Found[] = [];
  for (const root of roots) {
    // Most assistants are not there; asking for the real path of what is missing would make an error of each.
    const stat = statOf(root);
    const real = stat && realOf(root);
    if (real === null) continue;
    if (stat?.isFile()) look(real, seen, found);
    else below(real, "", 0, store, seen, found);
  }
  return found;
}

type Where = Pick<Store, "owns" | "enters">;

function below(directory: string, at: string, depth: number, store: Where, seen: Set<string>, found: Found[]): void {
  if (seen.has(directory) || depth > DEEPEST) return;
  seen.add(directory);
  for (const entry of entriesOf(directory)) {
    const name = at === "" ? entry.name : `${at}/${entry.name}`;
    const path = entry.isSymbolicLink() ? realOf(`${directory}/${entry.name}`) : `${directory}/${entry.name}`;
    const kind = entry.isSymbolicLink() && path !== null ? statOf(path) : entry;
    if (path === null || kind === null) continue;
    if (kind.isDirectory()) {
      if (store.enters?.(name) ?? true) below(path, name, depth + 1, store, seen, found);
    } else if (kind.isFile() && store.owns(name)) look(path, seen, found);
  }
}

function look(path: string, seen: Set<string>, found: Found[]): void {
  if (seen.has(path)) return;
  seen.add(path);
  const stat = statOf(path);
  if (stat?.isFile()) found.push({ path, stat });
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}
