import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

export type { CompareJson } from "./shared/usage/compare.ts";

/** Usage of a range by part, most expensive first, compared with the range of the same length before it. */
export const compare: Report = {
  name: "compare",
  description: "tokens and cost of a range and of the one before it; by default of seven days",
  options: [...USAGE, "by"],
  days: 7,
  examples: [
    { args: "compare", description: "the last seven days by model, and the seven days before" },
    { args: "compare --last 4w --by project", description: "four weeks by project" },
    { args: "compare today", description: "today, and yesterday up to the same time" },
  ],
  related: ["daily", "models", "projects"],
  run: async (query, context) => (await import("./shared/usage/compare.ts")).compareResult(query, context),
};
