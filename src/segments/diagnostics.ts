import type { Segment } from "./contract.ts";

/** Number of open findings of at least warning severity. */
export const diagnostics: Segment = {
  name: "diagnostics",
  description: "number of open findings of at least warning severity; pawprint doctor tells them",
  row: 2,
  priority: 60,
  render(view) {
    let count = 0;
    for (const { severity } of view.findings) if (severity !== "info") count++;
    if (count === 0) return null;
    return view.look.paint("notice", `${view.look.glyph("finding")} ${count} ${count === 1 ? "finding" : "findings"}`);
  },
};
