import { clean, cut, width } from "../utils/terminal.ts";
import { longestFitting, type Segment, truncateText } from "./contract.ts";

/** Columns that the directory and the worktree each keep when they are cut. */
const MIN_COLUMNS = 8;

/** The project directory and the linked worktree. */
export const project: Segment = {
  name: "project",
  description: "project directory and linked worktree",
  row: 1,
  priority: 80,
  render(view) {
    const { projectDir, cwd, worktree, repo } = view.session;
    const name = clean(lastPart(projectDir ?? cwd ?? ""), 100);
    if (name === "") return null;
    const linked = repo ? view.style.link(`https://${repo.host}/${repo.owner}/${repo.name}`, name) : name;
    const tree = clean(worktree ?? "", 40);
    if (tree === "") return truncateText(view, linked, MIN_COLUMNS);
    const withTree = (text: string): string => linked + view.style.quiet(` [${text}]`);
    const { columns = Number.POSITIVE_INFINITY } = view;
    const left = Math.max(columns - width(withTree("")), MIN_COLUMNS);
    return longestFitting(view, withTree(cut(tree, left, view.style.glyph("ellipsis"))), () => [
      truncateText(view, linked, MIN_COLUMNS),
    ]);
  },
};

/** Returns the last part of a path, separated by "/" or "\\". A regular expression takes ten times as long. */
function lastPart(path: string): string {
  const isSlash = (at: number): boolean => path[at] === "/" || path[at] === "\\";
  let end = path.length;
  while (end > 0 && isSlash(end - 1)) end--;
  let start = end;
  while (start > 0 && !isSlash(start - 1)) start--;
  return path.slice(start, end);
}
