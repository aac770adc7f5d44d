import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";

/** A file that was found, by its real path. */
export interface Found {
  readonly path: string;
  readonly stat: Stats;
}

/** Folders deeper than this are somebody's loop of mounts. */
const DEEPEST = 32;

/**
 * Plain files below some directories that a source owns, each once by its real path however many links lead to it. What
 * cannot be looked into is left out: it is found missing, and says so when it is asked for by name. Real paths of all that
 * was looked into are added to `seen`.
 */
export function* walk(
  roots: readonly string[],
  owns: (path: string) => boolean,
  seen: Set<string> = new Set(),
): Generator<Found> {
  for (const root of roots) {
    const real = realOf(root);
    if (real !== null) yield* below(real, "", owns, seen, 0);
  }
}

function* below(
  directory: string,
  relative: string,
  owns: (path: string) => boolean,
  seen: Set<string>,
  depth: number,
): Generator<Found> {
  if (seen.has(directory) || depth > DEEPEST) return;
  seen.add(directory);
  for (const entry of entriesOf(directory)) {
    const path = `${directory}/${entry.name}`;
    const name = relative === "" ? entry.name : `${relative}/${entry.name}`;
    if (entry.isDirectory()) yield* below(path, name, owns, seen, depth + 1);
    else if (entry.isFile()) {
      if (owns(name)) yield* one(path, seen);
    } else if (entry.isSymbolicLink()) {
      const real = realOf(path);
      const stat = real === null ? null : statOf(real);
      if (real === null || stat === null) continue;
      if (stat.isDirectory()) yield* below(real, name, owns, seen, depth + 1);
      else if (stat.isFile() && owns(name)) yield* one(real, seen);
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
