import { PLACE, RANGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Prompts, cost or tokens by weekday and hour of the local clock. */
export const heatmap: Report = {
  name: "heatmap",
  options: [...RANGE, ...PLACE, "start-of-week", "of"],
  description: "prompts, cost or tokens by weekday and local hour",
  needsActivity: ({ of }) => (of ?? "prompts") === "prompts",
  examples: [
    { args: "heatmap --last 3m", description: "the hours in which you worked in three months" },
    { args: "heatmap --of cost", description: "the hours in which it cost most" },
    { args: "heatmap --timezone UTC", description: "by hours of another time zone" },
  ],
  related: ["hourly", "daily"],
  run: async (query, context) => (await import("./shared/usage/heatmap.ts")).heatmapResult(query, context),
};
