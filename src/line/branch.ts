import type { Session } from "../model/session.ts";
import { readBytes, readSmall, within } from "../utils/paths.ts";
import { type Host, pathOn } from "./git-path.ts";

/** What is checked out: a branch, or the first seven digits of a detached commit. */
export interface Branch {
  readonly name: string;
  readonly detached: boolean;
}

/** Levels above the working directory that are looked at. */
const MAX_LEVELS = 32;
/** HEAD is a short line; more than this is none. */
const CAP = 4_096;
/** Time for what takes more than a few files, ms. */
const LONGER_MS = 100;
/** What git writes into HEAD where the references are in reftables, so that older versions see a repository. */
const IN_REFTABLE = /^ref: refs\/heads\/\.invalid\s*$/;

/** A repository or a Jujutsu workspace: its top directory, and where it is one of git, that directory and the text of HEAD. */
interface Found {
  readonly top: string;
  readonly git: { readonly directory: string; readonly head: string } | null;
}

/**
 * The branch of the repository that a directory is in, read from its files without a process; null outside of one. In a
 * repository that Jujutsu keeps, the nearest bookmark.
 */
export async function readBranch(directory: string, host: Host = thisHost()): Promise<Branch | null> {
  const found = directory.includes("\0") ? null : await within(nearest(directory, host));
  if (found === null) return null;
  const { top, git } = found;
  if (git === null) return within(inWorkspace(top), LONGER_MS);
  const head = IN_REFTABLE.test(git.head) ? await within(inReftable(git.directory), LONGER_MS) : git.head;
  const branch = branchOf(head);
  if (!branch?.detached || !(await within(isKeptByJujutsu(top)))) return branch;
  const bookmark = await within(nearestBookmark(top, git.directory, (head ?? "").trim()), LONGER_MS);
  return bookmark === null ? branch : { name: bookmark, detached: false };
}

/**
 * The branch that a session works on: that of its worktree, where it has one, as the files say, else as Claude Code says; of
 * its working directory otherwise. `here` is the directory whose branch is known already.
 */
export async function branchOfSession(
  { cwd, worktreePath, worktreeBranch }: Pick<Session, "cwd" | "worktreePath" | "worktreeBranch">,
  here: { readonly directory: string; readonly branch: Branch | null },
  host: Host = thisHost(),
): Promise<Branch | null> {
  const read = (directory: string | null): Promise<Branch | null> | Branch | null =>
    directory === null || directory === here.directory ? here.branch : readBranch(directory, host);
  const said = worktreeBranch === null ? null : { name: worktreeBranch, detached: false };
  if (worktreePath === null) return said ?? read(cwd);
  const isInside = cwd !== null && `${cwd}/`.startsWith(`${worktreePath}/`);
  return (await read(isInside ? cwd : worktreePath)) ?? said ?? read(cwd);
}

function thisHost(): Host {
  return { isWindows: process.platform === "win32", distribution: null, drives: null };
}

async function nearest(directory: string, host: Host): Promise<Found | null> {
  const [here, ...above] = ancestors(host.isWindows ? directory.replaceAll("\\", "/") : directory);
  if (here === undefined) return null;
  const git = await gitAt(here, host);
  if (git !== null) return { top: here, git };
  // A workspace of Jujutsu without .git of its own may lie in another repository.
  const levels = await Promise.all([
    isWorkspace(here).then((isOne) => ({ top: here, git: null, isOne })),
    ...above.map(async (top) => {
      const [found, isOne] = await Promise.all([gitAt(top, host), isWorkspace(top)]);
      return { top, git: found, isOne };
    }),
  ]);
  return levels.find((level) => level.git !== null || level.isOne) ?? null;
}

function ancestors(directory: string): string[] {
  const levels: string[] = [];
  for (let at = directory; at.includes("/") && levels.length < MAX_LEVELS;) {
    levels.push(at.replace(/\/+$/, ""));
    at = at.slice(0, at.replace(/\/+$/, "").lastIndexOf("/"));
  }
  return levels;
}

/** The git directory of the repository whose top is this directory, and its HEAD; .git is a file in worktrees and submodules. */
async function gitAt(top: string, host: Host): Promise<Found["git"]> {
  const head = await readSmall(`${top}/.git/HEAD`, CAP);
  if (head !== null) return { directory: `${top}/.git`, head };
  const pointer = /^gitdir: ([^\0\r\n]+)/.exec((await readSmall(`${top}/.git`, CAP)) ?? "")?.[1];
  const directory = pointer === undefined ? null : await pathOn(host, pointer.trimEnd(), top);
  const other = directory === null ? null : await readSmall(`${directory}/HEAD`, CAP);
  return directory === null || other === null ? null : { directory, head: other };
}

/** Whether a directory is the top of a workspace of Jujutsu. */
const isWorkspace = async (top: string): Promise<boolean> =>
  (await readBytes(`${top}/.jj/working_copy/checkout`, 1)) !== null;

/** Whether Jujutsu keeps the git repository at this directory. */
const isKeptByJujutsu = async (top: string): Promise<boolean> =>
  (await isWorkspace(top)) || (await readBytes(`${top}/.jj/repo/store/type`, 1)) !== null;

const inReftable = async (directory: string): Promise<string | null> =>
  (await import("./reftable.ts")).headInReftables(directory);

const nearestBookmark = async (top: string, directory: string, head: string): Promise<string | null> =>
  (await (await import("./jujutsu.ts")).readWorkspace(top, { directory, head })).bookmark;

async function inWorkspace(top: string): Promise<Branch | null> {
  const { bookmark, commit } = await (await import("./jujutsu.ts")).readWorkspace(top, null);
  if (bookmark !== null) return { name: bookmark, detached: false };
  return commit === null ? null : { name: commit.slice(0, 7), detached: true };
}

function branchOf(head: string | null): Branch | null {
  if (head === null) return null;
  const name = /^ref: refs\/heads\/([^\r\n]+)/.exec(head)?.[1];
  if (name !== undefined) return name === ".invalid" ? null : { name, detached: false };
  const commit = /^[0-9a-f]{7,64}\b/.exec(head)?.[0];
  return commit === undefined ? null : { name: commit.slice(0, 7), detached: true };
}
