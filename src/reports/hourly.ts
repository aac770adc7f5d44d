import { type Period, periodsResult } from "./shared/usage/periods.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

const hour: Period = { list: "hourly", field: "hour", column: "Hour", of: "hours" };

/** Usage by hour of the local clock. */
export const hourly: Report = {
  name: "hourly",
  options: [...USAGE, "breakdown", "by", "all-days"],
  description: "tokens and cost of each hour; by default of yesterday and today",
  days: 2,
  examples: [
    { args: "hourly today", description: "the hours of today" },
    { args: "hourly --last 7d --by model", description: "each hour of seven days, with a row for each model" },
  ],
  related: ["daily", "heatmap"],
  run: (query, context) => periodsResult(hour, query, context),
};
