import { RANGE, ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Findings in our log: open and resolved, since when, their trend, and a permission health score. */
export const diagnostics: Report = {
  name: "diagnostics",
  isAboutLog: true,
  description: "findings in the log: open and resolved, since when, their trend, and a permission health score",
  options: [...RANGE, ...ROWS, "source"],
  examples: [{ args: "diagnostics", description: "open and resolved findings" }],
  related: ["doctor", "logs"],
  run: async (query, context) =>
    context.members
      ? (await import("./shared/hub/diagnostics.ts")).hubDiagnostics(query, context)
      : (await import("./shared/own/diagnostics.ts")).ownDiagnostics(query, context),
};
