import { type Period, periodsResult } from "./shared/usage/periods.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

const day = { list: "daily", field: "date", column: "Date", of: (date) => date } satisfies Period;

/** Usage by local day. */
export const daily: Report = {
  name: "daily",
  options: [...CCUSAGE, "by", "instances", "all-days"],
  description: "tokens and cost of each day",
  period: day.of,
  examples: [
    { args: "daily --last 7d", description: "the last seven days" },
    { args: "daily --since 2026-11-01 --breakdown", description: "each day since a date, with a row for each model" },
    { args: "daily --project shop --json", description: "the days of one project, as JSON" },
  ],
  related: ["hourly", "weekly", "monthly", "compare"],
  run: (query, context) => periodsResult(day, query, context),
};
