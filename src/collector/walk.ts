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
export function* walk(store: Where, roots: readonly string[], seen: Set<string> = new Set()): Generator<Found> {
  for (const root of roots) {
    const real = realOf(root);
    if (real === null) continue;
    if (statOf(real)?.isFile()) yield* one(real, seen);
    else yield* below(real, "", store, seen, 0);
  }
}

type Where = Pick<Store, "owns" | "enters">;

function* below(directory: string, relative: string, store: Where, seen: Set<string>, depth: number): Generator<Found> {
  if (seen.has(directory) || depth > DEEPEST) return;
  seen.add(directory);
  for (const entry of entriesOf(directory)) {
    const path = `${directory}/${entry.name}`;
    const name = relative === "" ? entry.name : `${relative}/${entry.name}`;
    if (entry.isDirectory()) {
      if (store.enters?.(name) ?? true) yield* below(path, name, store, seen, depth + 1);
    } else if (entry.isFile()) {
      if (store.owns(name)) yield* one(path, seen);
    } else if (entry.isSymbolicLink()) {
      const real = realOf(path);
      const stat = real === null ? null : statOf(real);
      if (real === null || stat === null) continue;
      if (stat.isDirectory()) {
        if (store.enters?.(name) ?? true) yield* below(real, name, store, seen, depth + 1);
      } else if (stat.isFile() && store.owns(name)) yield* one(real, seen);
    }
  }
}

function* one(path: string, seen: Set<string>): Generator<Found> {
  if (seen.has(path)) return;
  seen.add(path);
  const stat = statOf(path);
  if (stat?.isFile()) yield { path, stat };
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
    return statSync(path);
  } catch {
    return null;
  }
}
