import { readBytes, readSmall } from "../utils/small-files.ts";

/** Bytes of a commit that are read, compressed and decompressed; its parents are at the beginning. */
const MAX_COMMIT = 65_536;
const MAX_PACKED_REFS = 1_048_576;
const MAX_BRANCHES = 1_000;

/** Returns the parents of a commit; empty when the commit is in a pack file or unreadable. */
export async function parentsOf(directory: string, commit: string): Promise<string[]> {
  const bytes = await readBytes(`${directory}/objects/${commit.slice(0, 2)}/${commit.slice(2)}`, MAX_COMMIT);
  if (bytes === null) return [];
  try {
    const { inflateSync, constants } = process.getBuiltinModule("node:zlib");
    const text = inflateSync(bytes, { maxOutputLength: MAX_COMMIT, finishFlush: constants.Z_SYNC_FLUSH }).toString(
      "latin1",
    );
    const header = /^commit \d+\0tree [0-9a-f]+\n((?:parent [0-9a-f]+\n)*)/.exec(text)?.[1] ?? "";
    return Array.from(header.matchAll(/[0-9a-f]{40,64}/g), ([parent]) => parent);
  } catch {
    return [];
  }
}

/** Returns branch names by commit, from refs/heads and packed-refs; at most 1,000 branches. */
export async function refsOf(directory: string): Promise<Map<string, string[]>> {
  const commits = new Map<string, string>();
  const packed = (await readSmall(`${directory}/packed-refs`, MAX_PACKED_REFS)) ?? "";
  for (const [, commit = "", name = ""] of packed.matchAll(/^([0-9a-f]{40,64}) refs\/heads\/([^\r\n]+)$/gm)) {
    if (commits.size < MAX_BRANCHES) commits.set(name, commit);
  }
  const loose = await namesBelow(`${directory}/refs/heads`);
  const texts = await Promise.all(loose.map((name) => readSmall(`${directory}/refs/heads/${name}`, 128)));
  loose.forEach((name, index) => {
    const commit = /^[0-9a-f]{40,64}/.exec(texts[index] ?? "")?.[0];
    if (commit !== undefined) commits.set(name, commit);
  });
  const byCommit = new Map<string, string[]>();
  for (const [name, commit] of commits) {
    const names = byCommit.get(commit);
    if (names) names.push(name);
    else byCommit.set(commit, [name]);
  }
  return byCommit;
}

/** Returns the relative paths of the files below a directory. Does not follow links. */
async function namesBelow(root: string): Promise<string[]> {
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  const files: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for (const entry of await readdir(`${root}/${folder}`, { withFileTypes: true })) {
        if (files.length + folders.length >= MAX_BRANCHES) return files;
        if (entry.isDirectory()) folders.push(`${folder}${entry.name}/`);
        else if (entry.isFile()) files.push(folder + entry.name);
      }
    } catch {
      // Skip unreadable folders.
    }
  }
  return files;
}
