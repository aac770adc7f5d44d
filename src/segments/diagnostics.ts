import type { Segment } from "./contract.ts";

/** The number of open findings with severity warning or error. */
export const diagnostics: Segment = {
  name: "diagnostics",
  description: "number of open findings with severity warning or error; pawprint doctor lists them",
  row: 2,
  priority: 60,
  render(view) {
    let count = 0;
    for (const { severity } of view.findings) if (severity !== "info") count++;
    if (count === 0) return null;
    return view.style.paint(
      "notice",
      `${view.style.glyph("finding")} ${count} ${count === 1 ? "finding" : "findings"}`,
    );
  },
};
