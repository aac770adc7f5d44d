import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Every file and folder below `folder` by its path: its type and mode, and a hash of a file's content or the target of a link. */
export function treeOf(folder: string, found = new Map<string, string>(), above = ""): Map<string, string> {
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    const stat = lstatSync(path);
    const content = stat.isFile() ? Bun.hash(readFileSync(path)) : stat.isSymbolicLink() ? readlinkSync(path) : "";
    found.set(above + name, `${stat.mode.toString(8)} ${content}`);
    // `recursive` of readdir follows links, which may lead out of the folder.
    if (stat.isDirectory()) treeOf(path, found, `${above}${name}/`);
  }
  return found;
}

/** Paths that were added, removed or changed. */
export const changesIn = (before: Map<string, string>, after: Map<string, string>): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name)).toSorted();
