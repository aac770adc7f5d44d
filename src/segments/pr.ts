import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** Pull request of the branch and the state of its review. */
export const pr: Segment = {
  name: "pr",
  meaning: "pull request of the branch and the state of its review",
  row: 1,
  priority: 70,
  render(view) {
    const { pr } = view.session;
    if (pr === null) return null;
    const text = `#${pr.number}${pr.review === null ? "" : ` ${clean(pr.review, 20).replaceAll("_", " ")}`}`;
    return pr.url === null ? text : view.look.link(pr.url, text);
  },
};
