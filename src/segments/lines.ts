import type { Segment } from "./contract.ts";

/** Lines added and removed in the session. */
export const lines: Segment = {
  name: "lines",
  description: "lines added and removed in the session",
  row: 1,
  priority: 40,
  render(view) {
    const { linesAdded, linesRemoved } = view.session.cost;
    if (!linesAdded && !linesRemoved) return null;
    return `${view.style.paint("added", `+${linesAdded ?? 0}`)} ${view.style.paint("removed", `-${linesRemoved ?? 0}`)}`;
  },
};
