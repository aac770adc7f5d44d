import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** Directory of the project, and the linked worktree. */
export const project: Segment = {
  name: "project",
  meaning: "directory of the project, and the linked worktree",
  row: 1,
  priority: 80,
  render(view) {
    const { projectDir, cwd, worktree, repo } = view.session;
    const name = clean((projectDir ?? cwd ?? "").split(/[\\/]/).findLast(Boolean) ?? "", 60);
    if (name === "") return null;
    const linked = repo ? view.look.link(`https://${repo.host}/${repo.owner}/${repo.name}`, name) : name;
    const tree = worktree === null ? "" : view.look.paint("quiet", ` [${clean(worktree, 40)}]`);
    return linked + tree;
  },
};
