import { clean } from "../utils/terminal.ts";
import { fitting, type Segment } from "./contract.ts";

/** Pull request of the branch and the state of its review. */
export const pr: Segment = {
  name: "pr",
  description: "pull request of the branch and the state of its review",
  row: 1,
  priority: 70,
  render(view) {
    const { pr } = view.session;
    if (pr === null) return null;
    const number = `#${pr.number}`;
    const text = pr.review === null ? number : `${number} ${clean(pr.review, 20).replaceAll("_", " ")}`;
    const shown = fitting(view, text, () => [number]);
    return pr.url === null ? shown : view.look.link(pr.url, shown);
  },
};
