import type { Segment } from "./contract.ts";

/** Number of open findings of at least warning severity. */
export const diagnostics: Segment = {
  name: "diagnostics",
  meaning: "number of open findings of at least warning severity; pawprint doctor tells them",
  row: 2,
  priority: 60,
  render(view) {
    const count = view.findings.filter((finding) => finding.severity !== "info").length;
    if (count === 0) return null;
    return view.look.paint("notice", `${view.look.glyph("finding")} ${count} ${count === 1 ? "finding" : "findings"}`);
  },
};
