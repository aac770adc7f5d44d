import type { Observation } from "../../model/observation.ts";
import { type Fields, fields, lineOf, text } from "../../utils/json.ts";
import type { SourceFile } from "../contract.ts";

/** A worktree that Claude Code created for a session. */
interface Worktree {
  readonly path: string;
  readonly branch: string;
  /** Branch that it was created from. */
  readonly original: string;
}

/** Worktrees named in a transcript so far, newest first. Kept small because every chunk stores them. */
export type Worktrees = readonly Worktree[];

/** More than a session has. The bound protects against malformed files. */
const MAX_WORKTREES = 8;

/** Type of the lines that name a session's worktree. They are found by this text, without parsing other lines. */
export const WORKTREE_STATE = "worktree-state";

/** Path of a subagent's transcript, below its session's folder, in a project that is a worktree. */
const SUBAGENT = /\/projects\/[^/]*worktree[^/]*\/([^/]+)\/subagents\/(.+)$/;

/** Worktrees known at the start of a transcript: for a subagent, the last one in its session's transcript. */
export function firstWorktrees({ path, readSibling }: SourceFile): Worktrees {
  const [, session, below] = SUBAGENT.exec(path) ?? [];
  if (session === undefined || below === undefined) return [];
  const up = "../".repeat(below.split("/").length + 1);
  const bytes = readSibling(`${up}${session}.jsonl`);
  const at = bytes?.lastIndexOf(`"${WORKTREE_STATE}"`) ?? -1;
  if (!bytes || at < 0) return [];
  const end = bytes.indexOf(NEWLINE, at);
  const line = lineOf(bytes, bytes.lastIndexOf(NEWLINE, at) + 1, end < 0 ? bytes.length : end);
  return line?.["type"] === WORKTREE_STATE ? withWorktree([], line) : [];
}

const NEWLINE = 10;

/** Adds the worktree of a "worktree-state" line. Leaving a worktree keeps it: earlier lines still happened there. */
export function withWorktree(known: Worktrees, line: Fields): Worktrees {
  const { worktreePath, worktreeBranch, originalBranch } = fields(line["worktreeSession"]);
  const one = { path: text(worktreePath), branch: text(worktreeBranch, 250), original: text(originalBranch, 250) };
  if (!one.path || !one.branch) return known;
  return [one, ...known.filter(({ path }) => path !== one.path)].slice(0, MAX_WORKTREES);
}

const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/])/;

/** The worktree and its repository's directory named by a "worktree-state" line, or null if it names none. */
export function worktreeIn(line: Fields): Observation<"worktree"> | null {
  const state = fields(line["worktreeSession"]);
  const directory = text(state["worktreePath"]);
  const repository = text(state["originalCwd"]);
  if (!ABSOLUTE.test(directory) || !ABSOLUTE.test(repository) || directory === repository) return null;
  const name = text(state["worktreeName"], 200) || (/([^\\/]*)[\\/]*$/.exec(directory)?.[1] ?? "");
  return { kind: "worktree", key: `worktree:${directory}`, body: { directory, repository, name } };
}

/**
 * Returns the branch of a line. In a worktree, versions of 2026 keep naming the branch it was created from
 * (https://github.com/anthropics/claude-code/issues/53278); any other name is a branch that was checked out since.
 */
export function branchOf(worktrees: Worktrees, directory: string, named: string): string {
  if (worktrees.length === 0) return named;
  const own = worktrees.find(({ path }) => directory === path || directory.startsWith(`${path}/`));
  return own && (named === "" || named === "HEAD" || named === own.original) ? own.branch : named;
}
