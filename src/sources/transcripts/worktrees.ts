import type { Observation } from "../../model/observation.ts";
import { type Fields, fields, lineOf, text } from "../../utils/json.ts";
import type { SourceFile } from "../contract.ts";

/** A worktree that Claude Code made for a session. */
interface Worktree {
  readonly path: string;
  readonly branch: string;
  /** The branch that it was made from. */
  readonly original: string;
}

/** The worktrees of a transcript up to a line, the newest first. Small, since each part of a transcript remembers them. */
export type Worktrees = readonly Worktree[];

/** More than a session has, bounded because of what a file may hold. */
const MOST = 8;

/** The type of the lines that say which worktree a session is in; also how they are found without parsing the others. */
export const WORKTREE_STATE = "worktree-state";

/** A transcript of a subagent, below the folder of its session, of a project that is a worktree. */
const SUBAGENT = /\/projects\/[^/]*worktree[^/]*\/([^/]+)\/subagents\/(.+)$/;

/** What is known of worktrees where a transcript begins: of a subagent's, what its session's own transcript says last. */
export function firstWorktrees({ path, beside }: SourceFile): Worktrees {
  const [, session, below] = SUBAGENT.exec(path) ?? [];
  if (session === undefined || below === undefined) return [];
  const up = "../".repeat(below.split("/").length + 1);
  const bytes = beside(`${up}${session}.jsonl`);
  const at = bytes?.lastIndexOf(`"${WORKTREE_STATE}"`) ?? -1;
  if (!bytes || at < 0) return [];
  const end = bytes.indexOf(NEWLINE, at);
  const line = lineOf(bytes, bytes.lastIndexOf(NEWLINE, at) + 1, end < 0 ? bytes.length : end);
  return line?.["type"] === WORKTREE_STATE ? withWorktree([], line) : [];
}

const NEWLINE = 10;

/** The worktrees, with that of a "worktree-state" line. Leaving one changes nothing: what was done in its folder was done there. */
export function withWorktree(known: Worktrees, line: Fields): Worktrees {
  const { worktreePath, worktreeBranch, originalBranch } = fields(line["worktreeSession"]);
  const one = { path: text(worktreePath), branch: text(worktreeBranch, 250), original: text(originalBranch, 250) };
  if (!one.path || !one.branch) return known;
  return [one, ...known.filter(({ path }) => path !== one.path)].slice(0, MOST);
}

const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/])/;

/** A worktree and the directory from which it was made, as a "worktree-state" line names them; null where it does not. */
export function worktreeIn(line: Fields): Observation<"worktree"> | null {
  const state = fields(line["worktreeSession"]);
  const directory = text(state["worktreePath"]);
  const repository = text(state["originalCwd"]);
  if (!ABSOLUTE.test(directory) || !ABSOLUTE.test(repository) || directory === repository) return null;
  const name = text(state["worktreeName"], 200) || (/([^\\/]*)[\\/]*$/.exec(directory)?.[1] ?? "");
  return { kind: "worktree", key: `worktree:${directory}`, body: { directory, repository, name } };
}

/**
 * The branch of a line. In a worktree versions of 2026 went on naming the branch that it was made from
 * (https://github.com/anthropics/claude-code/issues/53278); any other branch is one that was changed to.
 */
export function branchOf(worktrees: Worktrees, directory: string, named: string): string {
  if (worktrees.length === 0) return named;
  const own = worktrees.find(({ path }) => directory === path || directory.startsWith(`${path}/`));
  return own && (named === "" || named === "HEAD" || named === own.original) ? own.branch : named;
}
