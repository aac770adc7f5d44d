import type { Session } from "../model/session.ts";
import { readBytes, readSmall, within } from "../utils/small-files.ts";
import type { Host } from "./git-path.ts";

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
const IN_REFTABLE = "ref: refs/heads/.invalid";
/** How HEAD begins where a branch is checked out. */
const ON_BRANCH = "ref: refs/heads/";

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
  const head = git.head.trimEnd() === IN_REFTABLE ? await within(inReftable(git.directory), LONGER_MS) : git.head;
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
  const path = host.isWindows ? directory.replaceAll("\\", "/") : directory;
  if (!path.includes("/")) return null;
  const here = withoutEnd(path);
  const git = await gitAt(here, host);
  return git === null ? nearestAbove(here, ancestors(here), host) : { top: here, git };
}

async function nearestAbove(here: string, above: readonly string[], host: Host): Promise<Found | null> {
  // A workspace of Jujutsu without .git of its own may lie in another repository.
  const asked: Promise<Found | null>[] = [workspaceAt(here)];
  for (const top of above) asked.push(foundAt(top, host));
  for (const found of await Promise.all(asked)) if (found !== null) return found;
  return null;
}

async function foundAt(top: string, host: Host): Promise<Found | null> {
  const [git, workspace] = await Promise.all([gitAt(top, host), workspaceAt(top)]);
  return git === null ? workspace : { top, git };
}

const workspaceAt = async (top: string): Promise<Found | null> =>
  (await isWorkspace(top)) ? { top, git: null } : null;

/** The folders above a directory, the nearest first, without a slash at their ends. */
function ancestors(directory: string): string[] {
  const levels: string[] = [];
  for (let at = directory; levels.length < MAX_LEVELS - 1;) {
    const above = at.slice(0, Math.max(at.lastIndexOf("/"), 0));
    if (!above.includes("/")) break;
    at = withoutEnd(above);
    levels.push(at);
  }
  return levels;
}

/** A path without slashes at its end; "" for the root. */
function withoutEnd(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/** The git directory of the repository whose top is this directory, and its HEAD; .git is a file in worktrees and submodules. */
async function gitAt(top: string, host: Host): Promise<Found["git"]> {
  try {
    return { directory: `${top}/.git`, head: await Bun.file(`${top}/.git/HEAD`).slice(0, CAP).text() };
  } catch (error) {
    // Nothing is called .git. Of a path through a file Windows says the same, all others that it is no directory.
    if (!host.isWindows && (error as { code?: unknown }).code === "ENOENT") return null;
  }
  const pointer = (await readSmall(`${top}/.git`, CAP)) ?? "";
  const directory = pointer.startsWith("gitdir: ") ? await directoryOf(pointer, top, host) : null;
  const other = directory === null ? null : await readSmall(`${directory}/HEAD`, CAP);
  return directory === null || other === null ? null : { directory, head: other };
}

/** The git directory that a .git file names; null where it names none, or one that this host cannot see. */
function directoryOf(pointer: string, top: string, host: Host): Promise<string | null> | string | null {
  const path = restOfLine(pointer, "gitdir: ".length).trimEnd();
  if (path === "") return null;
  // Only Windows and WSL call files by other names than git wrote: with a drive, or with two slashes first.
  const isOther = (path[1] === ":" && isSlash(path[2])) || (isSlash(path[0]) && isSlash(path[1]));
  if (host.isWindows || isOther) return onOtherHost(host, path, top);
  return path.startsWith("/") ? path : `${top}/${path}`;
}

const isSlash = (char: string | undefined): boolean => char === "/" || char === "\\";

/** What stands in a text from a place up to the end of its line. */
function restOfLine(text: string, start: number): string {
  let end = start;
  while (end < text.length && text[end] !== "\n" && text[end] !== "\r" && text[end] !== "\0") end++;
  return text.slice(start, end);
}

const onOtherHost = async (host: Host, path: string, top: string): Promise<string | null> =>
  (await import("./git-path.ts")).pathOn(host, path, top);

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
  if (!head.startsWith(ON_BRANCH)) return commitOf(head);
  const name = restOfLine(head, ON_BRANCH.length);
  return name === "" || name === ".invalid" ? null : { name, detached: false };
}

function commitOf(head: string): Branch | null {
  const commit = /^[0-9a-f]{7,64}\b/.exec(head)?.[0];
  return commit === undefined ? null : { name: commit.slice(0, 7), detached: true };
}
