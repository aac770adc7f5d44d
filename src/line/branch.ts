import { readSmall, within } from "../utils/paths.ts";

/** What is checked out: a branch, or the first seven digits of a detached commit. */
export interface Branch {
  readonly name: string;
  readonly detached: boolean;
}

/** Levels above the working directory that are looked at. */
const MAX_LEVELS = 32;
/** HEAD is a short line; more than this is none. */
const CAP = 4_096;

/** The branch of the repository that a directory is in, read from .git without a git process; null outside of one. */
export async function readBranch(directory: string): Promise<Branch | null> {
  return branchOf(await within(nearestHead(directory)));
}

async function nearestHead(directory: string): Promise<string | null> {
  const [here, ...above] = ancestors(directory);
  const head = here === undefined ? null : await headOf(here);
  if (head !== null) return head;
  const heads = await Promise.all(above.map((level) => headOf(level)));
  return heads.find((one) => one !== null) ?? null;
}

function ancestors(directory: string): string[] {
  const levels: string[] = [];
  for (let at = directory.replaceAll("\\", "/"); at.includes("/") && levels.length < MAX_LEVELS;) {
    levels.push(at.replace(/\/+$/, ""));
    at = at.slice(0, at.replace(/\/+$/, "").lastIndexOf("/"));
  }
  return levels;
}

/** The text of HEAD for the repository whose top is this directory; .git is a file in worktrees and submodules. */
async function headOf(top: string): Promise<string | null> {
  const head = await readSmall(`${top}/.git/HEAD`, CAP);
  if (head !== null) return head;
  const pointer = /^gitdir: ([^\0\n]+)/.exec((await readSmall(`${top}/.git`, CAP)) ?? "")?.[1];
  if (pointer === undefined) return null;
  return readSmall(`${/^(\/|[A-Za-z]:)/.test(pointer) ? pointer : `${top}/${pointer}`}/HEAD`, CAP);
}

function branchOf(head: string | null): Branch | null {
  if (head === null) return null;
  const name = /^ref: refs\/heads\/([^\n]+)/.exec(head)?.[1];
  if (name !== undefined) return name === ".invalid" ? null : { name, detached: false };
  const commit = /^[0-9a-f]{7,64}\b/.exec(head)?.[0];
  return commit === undefined ? null : { name: commit.slice(0, 7), detached: true };
}
