import { clean } from "../utils/terminal.ts";
import { longestFitting, type Segment } from "./contract.ts";

/** The pull request of the branch and its review state. */
export const pr: Segment = {
  name: "pr",
  description: "pull request of the branch and its review state",
  row: 1,
  priority: 70,
  render(view) {
    const { pr } = view.session;
    if (pr === null) return null;
    const number = `#${pr.number}`;
    const text = pr.review === null ? number : `${number} ${clean(pr.review, 20).replaceAll("_", " ")}`;
    const shown = longestFitting(view, text, () => [number]);
    return pr.url === null ? shown : view.style.link(pr.url, shown);
  },
};
