import { clean, cut, width } from "../utils/terminal.ts";
import { fitting, type Segment, shortened } from "./contract.ts";

/** Columns that always stay, of the directory and of the worktree, where that is shown. */
const LEAST = 8;

/** Directory of the project, and the linked worktree. */
export const project: Segment = {
  name: "project",
  description: "directory of the project, and the linked worktree",
  row: 1,
  priority: 80,
  render(view) {
    const { projectDir, cwd, worktree, repo } = view.session;
    const name = clean(lastPart(projectDir ?? cwd ?? ""), 100);
    if (name === "") return null;
    const linked = repo ? view.look.link(`https://${repo.host}/${repo.owner}/${repo.name}`, name) : name;
    const tree = clean(worktree ?? "", 40);
    if (tree === "") return shortened(view, linked, LEAST);
    const withTree = (text: string): string => linked + view.look.quiet(` [${text}]`);
    const { room = Number.POSITIVE_INFINITY } = view;
    const left = Math.max(room - width(withTree("")), LEAST);
    return fitting(view, withTree(cut(tree, left, view.look.glyph("ellipsis"))), () => [
      shortened(view, linked, LEAST),
    ]);
  },
};

/** What follows the last slash, of either kind, that is not at the end. A pattern takes ten times as long. */
function lastPart(path: string): string {
  const isSlash = (at: number): boolean => path[at] === "/" || path[at] === "\\";
  let end = path.length;
  while (end > 0 && isSlash(end - 1)) end--;
  let start = end;
  while (start > 0 && !isSlash(start - 1)) start--;
  return path.slice(start, end);
}
