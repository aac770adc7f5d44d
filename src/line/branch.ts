import type { Session } from "../model/session.ts";
import { readBytes, readSmall, withTimeout } from "../utils/small-files.ts";
import type { Host } from "./git-path.ts";

/** A checked-out branch, or the first seven digits of a detached commit. */
export interface Branch {
  readonly name: string;
  readonly detached: boolean;
}

/** Number of directories searched, from the working directory upwards. */
const MAX_LEVELS = 32;
/** Bytes of HEAD that are read; it is one short line. */
const MAX_HEAD_BYTES = 4_096;
/** Timeout for reads that need more than a few files, ms. */
const SLOW_READ_MS = 100;
/** Content of HEAD when references are in reftables; with it older versions of git still see a repository. */
const REFTABLE_HEAD = "ref: refs/heads/.invalid";
/** Start of HEAD when a branch is checked out. */
const BRANCH_PREFIX = "ref: refs/heads/";

/** A git repository (`git`: its git directory and the text of HEAD) or a Jujutsu workspace without one (`git` is null). */
interface FoundRepository {
  readonly top: string;
  readonly git: { readonly directory: string; readonly head: string } | null;
}

/**
 * Returns the branch of the repository that contains a directory, or null outside a repository. In a Jujutsu repository it is
 * the nearest bookmark. Reads files only; starts no process.
 */
export async function readBranch(directory: string, host: Host = thisHost()): Promise<Branch | null> {
  const found = directory.includes("\0") ? null : await withTimeout(nearestRepository(directory, host));
  if (found === null) return null;
  const { top, git } = found;
  if (git === null) return withTimeout(branchOfWorkspace(top), SLOW_READ_MS);
  const head =
    git.head.trimEnd() === REFTABLE_HEAD ? await withTimeout(readReftableHead(git.directory), SLOW_READ_MS) : git.head;
  const branch = branchOf(head);
  if (!branch?.detached || !(await withTimeout(isJujutsuRepository(top)))) return branch;
  const bookmark = await withTimeout(nearestBookmark(top, git.directory, (head ?? "").trim()), SLOW_READ_MS);
  return bookmark === null ? branch : { name: bookmark, detached: false };
}

/**
 * Returns the branch of a session: that of its worktree if it has one (read from files, else as Claude Code reports it), else
 * that of its working directory. `here` is a directory whose branch is already known.
 */
export async function branchOfSession(
  { cwd, worktreePath, worktreeBranch }: Pick<Session, "cwd" | "worktreePath" | "worktreeBranch">,
  here: { readonly directory: string; readonly branch: Branch | null },
  host: Host = thisHost(),
): Promise<Branch | null> {
  const read = (directory: string | null): Promise<Branch | null> | Branch | null =>
    directory === null || directory === here.directory ? here.branch : readBranch(directory, host);
  const reported = worktreeBranch === null ? null : { name: worktreeBranch, detached: false };
  if (worktreePath === null) return reported ?? read(cwd);
  const isInside = cwd !== null && `${cwd}/`.startsWith(`${worktreePath}/`);
  return (await read(isInside ? cwd : worktreePath)) ?? reported ?? read(cwd);
}

function thisHost(): Host {
  return { isWindows: process.platform === "win32", distribution: null, drives: null };
}

async function nearestRepository(directory: string, host: Host): Promise<FoundRepository | null> {
  const path = host.isWindows ? directory.replaceAll("\\", "/") : directory;
  if (!path.includes("/")) return null;
  const here = withoutTrailingSlashes(path);
  const git = await gitAt(here, host);
  return git === null ? nearestAbove(here, ancestors(here), host) : { top: here, git };
}

async function nearestAbove(here: string, above: readonly string[], host: Host): Promise<FoundRepository | null> {
  // A Jujutsu workspace without its own .git can be inside another repository.
  const candidates: Promise<FoundRepository | null>[] = [workspaceAt(here)];
  for (const top of above) candidates.push(repositoryAt(top, host));
  for (const found of await Promise.all(candidates)) if (found !== null) return found;
  return null;
}

async function repositoryAt(top: string, host: Host): Promise<FoundRepository | null> {
  const [git, workspace] = await Promise.all([gitAt(top, host), workspaceAt(top)]);
  return git === null ? workspace : { top, git };
}

const workspaceAt = async (top: string): Promise<FoundRepository | null> =>
  (await isWorkspace(top)) ? { top, git: null } : null;

/** Returns the parent directories, nearest first, without trailing slashes. */
function ancestors(directory: string): string[] {
  const levels: string[] = [];
  for (let current = directory; levels.length < MAX_LEVELS - 1;) {
    const above = current.slice(0, Math.max(current.lastIndexOf("/"), 0));
    if (!above.includes("/")) break;
    current = withoutTrailingSlashes(above);
    levels.push(current);
  }
  return levels;
}

/** Removes trailing slashes; returns "" for the root. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/** Returns the git directory and HEAD of the repository at `top`, or null. In worktrees and submodules .git is a file. */
async function gitAt(top: string, host: Host): Promise<FoundRepository["git"]> {
  try {
    return { directory: `${top}/.git`, head: await Bun.file(`${top}/.git/HEAD`).slice(0, MAX_HEAD_BYTES).text() };
  } catch (error) {
    // There is no .git. (When .git is a file, Windows also reports ENOENT; other systems report ENOTDIR.)
    if (!host.isWindows && (error as { code?: unknown }).code === "ENOENT") return null;
  }
  const pointer = (await readSmall(`${top}/.git`, MAX_HEAD_BYTES)) ?? "";
  const directory = pointer.startsWith("gitdir: ") ? await directoryOf(pointer, top, host) : null;
  const head = directory === null ? null : await readSmall(`${directory}/HEAD`, MAX_HEAD_BYTES);
  return directory === null || head === null ? null : { directory, head };
}

/** Returns the git directory named by a .git file; null when there is none or this host cannot access it. */
function directoryOf(pointer: string, top: string, host: Host): Promise<string | null> | string | null {
  const path = restOfLine(pointer, "gitdir: ".length).trimEnd();
  if (path === "") return null;
  // Only Windows and WSL need to translate paths: those with a drive or with two leading slashes.
  const isForeign = (path[1] === ":" && isSlash(path[2])) || (isSlash(path[0]) && isSlash(path[1]));
  if (host.isWindows || isForeign) return pathOnOtherHost(host, path, top);
  return path.startsWith("/") ? path : `${top}/${path}`;
}

const isSlash = (char: string | undefined): boolean => char === "/" || char === "\\";

/** Returns the text from `start` to the end of its line. */
function restOfLine(text: string, start: number): string {
  let end = start;
  while (end < text.length && text[end] !== "\n" && text[end] !== "\r" && text[end] !== "\0") end++;
  return text.slice(start, end);
}

const pathOnOtherHost = async (host: Host, path: string, top: string): Promise<string | null> =>
  (await import("./git-path.ts")).pathOn(host, path, top);

/** Whether a directory is the top of a Jujutsu workspace. */
const isWorkspace = async (top: string): Promise<boolean> =>
  (await readBytes(`${top}/.jj/working_copy/checkout`, 1)) !== null;

/** Whether Jujutsu manages the git repository at `top`. */
const isJujutsuRepository = async (top: string): Promise<boolean> =>
  (await isWorkspace(top)) || (await readBytes(`${top}/.jj/repo/store/type`, 1)) !== null;

const readReftableHead = async (directory: string): Promise<string | null> =>
  (await import("./reftable.ts")).headInReftables(directory);

const nearestBookmark = async (top: string, directory: string, head: string): Promise<string | null> =>
  (await (await import("./jujutsu.ts")).readWorkspace(top, { directory, head })).bookmark;

async function branchOfWorkspace(top: string): Promise<Branch | null> {
  const { bookmark, commit } = await (await import("./jujutsu.ts")).readWorkspace(top, null);
  if (bookmark !== null) return { name: bookmark, detached: false };
  return commit === null ? null : { name: commit.slice(0, 7), detached: true };
}

function branchOf(head: string | null): Branch | null {
  if (head === null) return null;
  if (!head.startsWith(BRANCH_PREFIX)) return commitOf(head);
  const name = restOfLine(head, BRANCH_PREFIX.length);
  return name === "" || name === ".invalid" ? null : { name, detached: false };
}

function commitOf(head: string): Branch | null {
  const commit = /^[0-9a-f]{7,64}\b/.exec(head)?.[0];
  return commit === undefined ? null : { name: commit.slice(0, 7), detached: true };
}
